"""Several workers on this machine, started and ended together, as if they were one process."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from catdcgan.console.words import printable
from catdcgan.workers.cluster import TF_CONFIG

LOOPBACK = "127.0.0.1"
SECONDS_TO_LEAVE = 20.0  # for the others once one has ended with an error: they notice themselves
SECONDS_TO_SAVE = 10.0  # after SIGTERM, before SIGKILL
SECONDS_BETWEEN_LOOKS = 0.05
PR_SET_PDEATHSIG = 1


class Group:
    """Workers at work; used as `subprocess.Popen` is."""

    def __init__(
        self, command: Sequence[str], workers: int, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Start them.

        Args:
            command: of each.

        Raises:
            OSError: one cannot be started.
        """
        addresses = [f"{LOOPBACK}:{port}" for port in _free_ports(workers)]
        gpus = _gpus(environment)
        self._children: list[subprocess.Popen] = []
        self._readers: list[threading.Thread] = []
        try:
            for number in range(workers):
                task = {
                    "cluster": {"worker": addresses},
                    "task": {"type": "worker", "index": number},
                }
                own = {**environment, TF_CONFIG: json.dumps(task)}
                if len(gpus) >= workers:  # each its share; written for such machines, never run
                    own["CUDA_VISIBLE_DEVICES"] = ",".join(gpus[number::workers])
                self._start(command, number, own)
        except OSError:
            self._end_all(signal.SIGKILL)
            raise

    def poll(self) -> int | None:
        """Return the exit code of all, None while one is at work."""
        codes = [child.poll() for child in self._children]
        return None if None in codes else _code_of([code for code in codes if code is not None])

    def send_signal(self, number: int) -> None:
        """Send a signal to each that is at work."""
        for child in self._children:
            if child.poll() is None:
                child.send_signal(number)

    def wait(self) -> int:
        """Return the exit code of all, once all have ended.

        Where one ends with an error, the others are given some time to notice, and then ended.
        """
        failed_since: float | None = None
        asked = False
        while (code := self.poll()) is None:
            if failed_since is None and any(child.poll() for child in self._children):
                failed_since = time.monotonic()
            waited = 0.0 if failed_since is None else time.monotonic() - failed_since
            if waited > SECONDS_TO_LEAVE and not asked:
                asked = True
                self._end_all(signal.SIGTERM)
            if waited > SECONDS_TO_LEAVE + SECONDS_TO_SAVE:
                self._end_all(signal.SIGKILL)
            time.sleep(SECONDS_BETWEEN_LOOKS)
        for reader in self._readers:
            reader.join(timeout=1)
        return code

    def _start(self, command: Sequence[str], number: int, environment: dict[str, str]) -> None:
        # Worker 0 has the terminal, for its progress bar; elsewhere each line says whose it is.
        has_terminal = number == 0 and sys.stderr is not None and sys.stderr.isatty()
        child = subprocess.Popen(
            command,
            start_new_session=True,  # the terminal sends Ctrl-C to this process alone
            env=environment,
            preexec_fn=_end_with_parent,
            stdout=None if has_terminal else subprocess.PIPE,
            stderr=None if has_terminal else subprocess.STDOUT,
        )
        self._children.append(child)
        if child.stdout is not None:
            reader = threading.Thread(target=_label, args=(child, number), daemon=True)
            reader.start()
            self._readers.append(reader)

    def _end_all(self, number: int) -> None:
        for child in self._children:
            if child.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, number)
                    os.killpg(child.pid, signal.SIGCONT)


def _code_of(codes: Sequence[int]) -> int:
    """Return what became of all, as of one process: negative where it was killed.

    What the user must settle counts before what may pass, that before a crash, and that before 75,
    which the others end with when one is lost.
    """
    for kind in (1, 74):
        if kind in codes:
            return kind
    crashes = [code for code in codes if code not in (0, 75)]
    return crashes[0] if crashes else max(codes)


def _label(child: subprocess.Popen, number: int) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        text = printable(line.decode("utf-8", "replace").rstrip("\r\n"))
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            print(f"[worker {number}] {text}", flush=True)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        ports = []
        for _ in range(count):
            trial = held.enter_context(socket.socket())
            trial.bind((LOOPBACK, 0))
            ports.append(trial.getsockname()[1])
        return ports


def _gpus(environment: Mapping[str, str]) -> list[str]:
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name.strip() not in ("", "-1")]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))] if listed.returncode == 0 else []


def _end_with_parent() -> None:
    """Have the system ask this process to save and stop, where its starter is killed."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
