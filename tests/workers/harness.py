"""Starts workers as processes of this machine, and tells what they leave."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from catdcgan.workers.group import _free_ports

ROOT = Path(__file__).parents[2]
SECONDS = 90.0  # for a start; a machine may be busy
FLAGS = (  # small networks, with a batch norm
    *("--preset=mnist-bn", "--batch_size=8", "--snapshot_every=5", "--snapshot_grid=2x2"),
    *("--evaluate_every=0", "--precision=float32", "--noreport", "--notensorboard"),
    *("--threads=1", "--peer_timeout=4"),
)


class Ended(NamedTuple):
    """How a worker ended."""

    code: int
    said: str


class Workers:
    """So many workers of one run, each in a folder of its own: only worker 0's has the run."""

    def __init__(self, folder: Path, count: int, *flags: str, own: dict[int, dict] | None = None):
        """Start them.

        Args:
            flags: besides `FLAGS`.
            own: variables of the environment by the worker's number; `FLAGS` in it are flags.
        """
        self.folder, self.processes = folder, []
        addresses = [f"127.0.0.1:{port}" for port in _free_ports(count)]
        for number in range(count):
            task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}}
            own_here = dict((own or {}).get(number, {}))
            more = own_here.pop("FLAGS", ())
            where = folder / f"worker{number}"
            where.mkdir(parents=True, exist_ok=True)
            self.processes.append(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "tests.workers.worker", *FLAGS, *flags, *more),
                        f"--run_dir={where / 'run'}",
                    ],
                    cwd=where,
                    env={
                        **os.environ,
                        "PYTHONPATH": str(ROOT),
                        "TF_CONFIG": json.dumps(task),
                        "WORKER_WEIGHTS": str(where / "weights.npz"),
                        **own_here,
                    },
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
        self.run = folder / "worker0/run"

    def wait(self, *, but: tuple[int, ...] = ()) -> dict[int, Ended]:
        """Return how each has ended, by number.

        Args:
            but: these are frozen, and killed.
        """
        ended = {}
        try:
            for number, process in enumerate(self.processes):
                if number not in but:
                    said, _ = process.communicate(timeout=SECONDS)
                    ended[number] = Ended(process.returncode, said)
        finally:
            self.kill()
        return ended

    def wait_for_step(self, step: int) -> None:
        """Return once so many steps are done, or the workers have ended."""
        metrics = self.run / "metrics.jsonl"
        while all(process.poll() is None for process in self.processes):
            if metrics.exists() and metrics.read_bytes().count(b"\n") >= step:
                return
            time.sleep(0.01)

    def kill(self) -> None:
        """End those that are left."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            if process.stdout and not process.stdout.closed:
                process.communicate()
