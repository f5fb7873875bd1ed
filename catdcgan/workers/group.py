"""Several workers on this machine, started and ended together, as if they were one process."""

import contextlib
import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO

from catdcgan.console import exits
from catdcgan.workers.addresses import open_socket
from catdcgan.workers.cluster import TF_CONFIG
from catdcgan.workers.gpus import VISIBLE_GPUS, gpus_of, share_of

LOOPBACK = "127.0.0.1"
# Below those that Linux gives to connections, one of which may take a port before its worker does.
PORTS = range(20_000, 32_768)
SECONDS_TO_LEAVE = 20.0  # for the others once one has ended with an error: they notice themselves
SECONDS_TO_SAVE = 10.0  # after SIGTERM, before SIGKILL
SECONDS_FOR_LAST_LINES = 1.0  # of what a worker has started, and left behind
SECONDS_BETWEEN_LOOKS = 0.05
PR_SET_PDEATHSIG = 1
# What counts before all else: what the user must settle, and what may pass by itself.
TELLING = (exits.EXIT_USER, exits.EXIT_MAY_PASS)


class Group:
    """Workers at work; used as `subprocess.Popen` is."""

    def __init__(
        self, command: Sequence[str], workers: int, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Start them, from the main thread.

        Args:
            command: of each.

        Raises:
            OSError: one cannot be started.
        """
        addresses = [f"{LOOPBACK}:{port}" for port in _free_ports(workers)]
        gpus = gpus_of(environment)
        self._children: list[subprocess.Popen] = []
        self._codes: dict[int, int] = {}  # by number, in the order in which they ended
        self._readers: list[threading.Thread] = []
        try:
            for number in range(workers):
                task = {
                    "cluster": {"worker": addresses},
                    "task": {"type": "worker", "index": number},
                }
                own = {**environment, TF_CONFIG: json.dumps(task)}
                own.setdefault("PYTHONUNBUFFERED", "1")  # a line is shown when it is said
                if len(gpus) >= workers:
                    own[VISIBLE_GPUS] = share_of(gpus, number, workers)
                self._children.append(_start(command, number, own))
        except OSError:
            self._end_all(signal.SIGKILL)
            self._read()
            raise
        self._read()

    def poll(self) -> int | None:
        """Return the exit code of all, None while one is at work.

        1 and 74 count before all else, wherever they come from; then what the first that failed
        has ended with, negative where a signal has killed it.
        """
        for number, child in enumerate(self._children):
            if child.poll() is not None:
                self._codes.setdefault(number, child.returncode)
        return _code_of(list(self._codes.values())) if self._have_ended() else None

    def send_signal(self, number: int) -> None:
        """Send a signal to each that is at work."""
        for child in self._children:
            child.send_signal(number)  # does nothing where it has ended

    def wait(self) -> int:
        """Return the exit code of all, once all have ended.

        Where one ends with an error, or worker 0 ends, the others are given some time to notice,
        and then ended.
        """
        over_since: float | None = None
        asked = False
        while (code := self.poll()) is None:
            now = time.monotonic()
            if over_since is None and (0 in self._codes or any(self._codes.values())):
                over_since = now
            waited = 0.0 if over_since is None else now - over_since
            if waited > SECONDS_TO_LEAVE + SECONDS_TO_SAVE:
                self._end_all(signal.SIGKILL)
            elif waited > SECONDS_TO_LEAVE and not asked:
                asked = True
                self._end_all(signal.SIGTERM)
            time.sleep(SECONDS_BETWEEN_LOOKS)
        end = time.monotonic() + SECONDS_FOR_LAST_LINES
        for reader in self._readers:
            reader.join(max(0.0, end - time.monotonic()))
        return code

    def _read(self) -> None:
        """Show what they say from now on."""
        for number, child in enumerate(self._children):
            for stream, name in ((child.stdout, "stdout"), (child.stderr, "stderr")):
                if stream is not None:
                    reader = threading.Thread(
                        target=_label, args=(stream, number, name), daemon=True
                    )
                    reader.start()
                    self._readers.append(reader)

    def _have_ended(self) -> bool:
        return len(self._codes) == len(self._children)

    def _end_all(self, number: int) -> None:
        """Send a signal to each that is at work, and to what it has started."""
        for child in self._children:
            if child.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, number)
                    os.killpg(child.pid, signal.SIGCONT)  # one that is frozen hears only this


def _code_of(codes: Sequence[int]) -> int:
    """Return the exit code of all from those of each, in the order in which they ended."""
    for telling in TELLING:
        if telling in codes:
            return telling
    return next((code for code in codes if code != 0), 0)


def _start(command: Sequence[str], number: int, environment: Mapping[str, str]) -> subprocess.Popen:
    # Worker 0 has the terminal, for its progress bar; elsewhere each line says whose it is.
    has_terminal = number == 0 and sys.stderr is not None and sys.stderr.isatty()
    shown = None if has_terminal else subprocess.PIPE
    linux = sys.platform.startswith("linux")
    return subprocess.Popen(
        [*_ending_with(os.getpid()), *command] if linux else command,
        start_new_session=True,  # the terminal sends Ctrl-C to this process alone
        env=environment,
        stdout=shown,
        stderr=shown,
    )


def _ending_with(starter: int) -> list[str]:
    """Return what makes the command after it save and stop where its starter is killed.

    A program that becomes the command, and no `preexec_fn`: that is not safe in a process that has
    threads, as NumPy's, and Python warns of it.
    """
    become = f"""
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGTERM)})
if os.getppid() != {starter}:  # it was killed just now
    os.kill(os.getpid(), signal.SIGKILL)
os.execvp(sys.argv[1], sys.argv[1:])
"""
    return [sys.executable, "-I", "-S", "-c", become]


_one_at_a_time = threading.Lock()


def _label(stream: IO[bytes], number: int, name: str) -> None:
    """Pass on what a worker says to `sys.stdout` or `sys.stderr`, line by line."""
    with stream:
        for line in stream:
            text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
            # At once: `print` writes the end of a line by itself, and another's gets in between.
            with _one_at_a_time, contextlib.suppress(OSError, ValueError):  # nobody reads any more
                shown = getattr(sys, name)
                shown.write(f"[worker {number}] {text}\n")
                shown.flush()


def _free_ports(count: int) -> list[int]:
    """Return ports that are free on every interface, where TensorFlow listens.

    Raises:
        OSError: there are none.
    """
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        for port in random.SystemRandom().sample(PORTS, len(PORTS)):
            trial = held.enter_context(open_socket())
            with contextlib.suppress(OSError):
                trial.bind(("", port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
