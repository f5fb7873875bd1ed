"""Training as a child that is started again after a crash or a preemption, until there is no point.

Training runs in a process group of its own, so that a Ctrl-C reaches it once, from here. What
happens to the child, or to several that train together:

| exit | meaning | then |
|---|---|---|
| 0 | finished | stop, 0 |
| 1 | something the user must settle | stop, 1 |
| any, after a signal to this command | it has saved and stopped | stop, the same |
| 74 | a full disk, a store that does not answer | start again after a pause: it may pass |
| 75, or a crash | preempted, or killed, or a bug | start again after a pause |

The pause doubles with each failure that brought no new checkpoint; after some of these it gives up,
later where the failure may pass.

Several workers end with the code that says most (`workers.group`).
"""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from catdcgan.checkpoints.files import find_all
from catdcgan.console import exits
from catdcgan.console.errors import may_pass, reason_of
from catdcgan.console.streams import outlive_readers
from catdcgan.console.words import printable
from catdcgan.machine.stop_signals import SIGNALS
from catdcgan.run_folder.lock import SUPERVISOR
from catdcgan.run_folder.opening import run_dir_of
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.storage import files
from catdcgan.workers.cluster import is_chief, names_cluster
from catdcgan.workers.group import Group

TRAIN = (sys.executable, "-m", "catdcgan.train")
FORWARDED = SIGNALS
FIRST_PAUSE = 5.0  # seconds
LONGEST_PAUSE = 300.0
FAILURES_WITHOUT_PROGRESS = 6
FAILURES_THAT_MAY_PASS = 12  # half an hour with the pauses between them
SECONDS_BETWEEN_LOOKS = 0.05  # for a signal, in a pause


class Supervisor:
    """Keeps a training going until it is finished, hopeless, or asked to stop."""

    def __init__(
        self,
        log_folder: str,
        training_flags: Sequence[str],
        command: Sequence[str] = TRAIN,
        first_pause: float = FIRST_PAUSE,
        workers: int = 1,
    ) -> None:
        """Gather.

        Args:
            log_folder: where `run_train.log` goes when the run is not on a local disk.
            training_flags: of the training.
            command: that trains.
            first_pause: seconds before the first new start.
            workers: on this machine, each the command, that train together.
        """
        self._workers = workers
        self._flags = list(training_flags)
        self._command = [*command, *training_flags]
        self._pause = self._first_pause = first_pause
        self._log_folder = log_folder
        self._run_dir = ""
        self._child: subprocess.Popen | Group | None = None
        # Not an event: that has a lock, which may be held just as a signal arrives.
        self._signals: list[int] = []

    def run(self) -> int:
        """Train; return the exit code of the last start."""
        outlive_readers()
        given = flags.parse(self._flags, Config, "")
        self._run_dir = run_dir_of(given)
        if self._workers > 1 and "threads" not in given:
            # Together they take the machine that one would take alone.
            threads = max(1, (os.cpu_count() or 1) // self._workers)
            self._command.append(f"--threads={threads}")
        long = given.get("join_timeout", Config.join_timeout) + LONGEST_PAUSE
        # Of several machines only the first one's workers leave checkpoints to see.
        sees_progress = not names_cluster(os.environ) or is_chief(os.environ)
        for number in FORWARDED:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._forward)
        failures, step = 0, self._newest_step()
        while True:
            began = time.monotonic()
            code = self._train_once()
            if self._signals or code in (exits.EXIT_FINISHED, exits.EXIT_USER):
                return code
            before, step = step, self._newest_step()
            lasted = time.monotonic() - began > long
            if step > before or (lasted and not sees_progress):
                failures, self._pause = 0, self._first_pause
            else:
                failures += 1
            most = FAILURES_WITHOUT_PROGRESS
            if code == exits.EXIT_MAY_PASS:
                most = FAILURES_THAT_MAY_PASS
            if failures >= most:
                self._tell(f"exit {code}; {failures} times without a new checkpoint: giving up")
                return code
            if self._signals:
                return exits.EXIT_STOPPED
            self._tell(f"exit {code} after step {step:,}; starting again in {self._pause:g} s")
            self._wait(self._pause)
            if self._signals:
                return exits.EXIT_STOPPED
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _train_once(self) -> int:
        try:
            environment = {**os.environ, SUPERVISOR: str(os.getpid())}
            if self._workers > 1:
                self._child = Group(self._command, self._workers, environment)
            else:
                # A session, and so a process group, of its own: the terminal sends Ctrl-C here
                # alone.
                self._child = subprocess.Popen(
                    self._command, start_new_session=True, env=environment
                )
        except OSError as error:  # a machine without memory, or with too many processes
            self._tell(f"training cannot be started: {reason_of(error)}")
            return exits.EXIT_MAY_PASS if may_pass(error) else exits.EXIT_USER
        if self._signals:  # while it was being started
            self._child.send_signal(signal.SIGTERM)
        code = self._child.wait()
        self._child = None
        if code >= 0:
            return code
        if self._signals and -code in FORWARDED:
            return exits.EXIT_STOPPED  # before it could listen: there was nothing to save
        return 128 - code  # as a shell tells of a killed process

    def _forward(self, number: int, frame: object) -> None:
        self._signals.append(number)
        child = self._child
        if child is not None and child.poll() is None:
            # A terminal that went away is a reason to save and stop, like any other.
            child.send_signal(signal.SIGTERM if number == signal.SIGHUP else number)

    def _wait(self, seconds: float) -> None:
        """Wait, until a signal arrives at the latest."""
        end = time.monotonic() + seconds
        while not self._signals and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_BETWEEN_LOOKS))

    def _newest_step(self) -> int:
        try:
            whole = find_all(self._run_dir)
        except Exception as error:  # a store that cannot be reached just now
            self._tell(f"the checkpoints cannot be listed: {error}")
            whole = []
        return whole[-1].step if whole else 0

    def _tell(self, text: str) -> None:
        text = printable(text)
        line = f"{datetime.datetime.now().isoformat(' ', 'seconds')}  {text}\n"
        print(f"run_train: {text}", file=sys.stderr)
        folder = self._run_dir if files.is_local(self._run_dir) else self._log_folder
        try:
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "run_train.log"), "a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            print(f"run_train: {folder}/run_train.log: {error.strerror}", file=sys.stderr)
