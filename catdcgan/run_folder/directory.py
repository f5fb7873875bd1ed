"""A run's folder: what lies in it, and its record `run.json`.

| file | what |
|---|---|
| run.json | command, settings, versions, git commit, pictures, machine, every continuation |
| train.log | what the terminal showed |
| metrics.jsonl | one line a step |
| checkpoint, model.ckpt-00000500.* | checkpoints, and TensorFlow's note of the last one |
| snapshots/00000500.jpg | the pictures of seeds 0, 1, 2, ... after 500 steps |
| reals.jpg | pictures it learns from |
| DONE | the run has reached its last step |
| run.lock | which process is at work in it |
"""

import atexit
import dataclasses
import datetime
import functools
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from catdcgan.checkpoints.files import Checkpoint
from catdcgan.machine.arithmetic import Arithmetic
from catdcgan.machine.processor import processor_name
from catdcgan.settings.config import Config
from catdcgan.settings.setting import settings_of
from catdcgan.storage import files

DEFAULT_PARENT = "checkpoints"


class RunDirectory:
    """The paths of a run, on a local disk or in a store such as `gs://`.

    What grows line by line (`train.log`, `metrics.jsonl`) is written on a local disk and, where
    the run is not local, copied at each save.
    """

    def __init__(self, path: str) -> None:
        """Name the folder; nothing is made or read yet."""
        self.path = path
        self.record = files.join(path, "run.json")
        self.reals = files.join(path, "reals.jpg")
        self.done = files.join(path, "DONE")
        self.snapshots = files.join(path, "snapshots")

    @functools.cached_property
    def _growing(self) -> str:
        """Where the files are that grow line by line."""
        if files.is_local(self.path):
            return self.path
        folder = tempfile.mkdtemp(prefix="catdcgan-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder

    @property
    def log(self) -> str:
        """Where `train.log` is while the run is at work."""
        return os.path.join(self._growing, "train.log")

    @property
    def metrics(self) -> str:
        """Where `metrics.jsonl` is while the run is at work."""
        return os.path.join(self._growing, "metrics.jsonl")

    def snapshot(self, step: int) -> str:
        """Return where the snapshot of a step is."""
        return files.join(self.snapshots, f"{step:08d}.jpg")

    def fetch_growing_files(self) -> None:
        """Bring the log and the metrics of a run that is not local to this machine."""
        if self._growing == self.path:
            return
        for path in (self.log, self.metrics):
            data = files.read_bytes(files.join(self.path, os.path.basename(path)))
            if data is not None:
                files.write_atomically(path, data)

    def publish_growing_files(self) -> None:
        """Copy the log and the metrics to a run that is not local.

        Raises:
            OSError: they cannot be written.
        """
        if self._growing == self.path:
            return
        for path in (self.log, self.metrics):
            data = files.read_bytes(path)
            if data is not None:
                files.write_atomically(files.join(self.path, os.path.basename(path)), data)

    def remove_snapshots_after(self, step: int) -> None:
        """Remove the snapshots of steps that the run is about to do again."""
        for name in files.list_names(self.snapshots):
            number = name.removesuffix(".jpg")
            cut_short = name.endswith(".tmp")
            if cut_short or (number.isdigit() and int(number) > step):
                files.remove(files.join(self.snapshots, name))

    def read_record(self, checkpoint: Checkpoint | None = None) -> dict[str, Any] | None:
        """Return the run's record, None where there is none.

        Args:
            checkpoint: holds the record too, which counts where `run.json` is damaged.
        """
        record = files.read_json(self.record)
        if record is None and checkpoint is not None:
            record = checkpoint.manifest.get("record")
        return record

    def begin_record(
        self, config: Config, pictures: dict[str, Any], arithmetic: Arithmetic
    ) -> dict[str, Any]:
        """Write and return the record of a new run.

        Args:
            pictures: source, count and fingerprint of the set.
        """
        record = {
            "config": dataclasses.asdict(config),
            "pictures": pictures,
            "arithmetic": dataclasses.asdict(arithmetic),
            "started": _circumstances(),
            "continued": [],
        }
        files.write_json(self.record, record)
        return record

    def continue_record(
        self, record: dict[str, Any], config: Config, arithmetic: Arithmetic, step: int
    ) -> dict[str, Any]:
        """Note that the run goes on at `step`, and with which settings; return the new record."""
        continuation = {"step": step, "changed": changes(record, config), **_circumstances()}
        record = {
            **record,
            "config": dataclasses.asdict(config),
            "arithmetic": dataclasses.asdict(arithmetic),
            "continued": [*record["continued"], continuation],
        }
        files.write_json(self.record, record)
        return record


def changes(record: dict[str, Any], config: Config) -> dict[str, Any]:
    """Return the settings, with their new values, in which a continuation differs.

    Those that the version which began the run did not know yet are none of them.
    """
    was = record["config"]
    return {
        name: getattr(config, name)
        for name, known in settings_of(Config).items()
        if known.lasting and name in was and getattr(config, name) != was[name]
    }


def _circumstances() -> dict[str, Any]:
    packages = ("catdcgan", "tensorflow", "numpy", "pillow")
    return {
        "time": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": sys.argv,
        "versions": {"python": platform.python_version()}
        | {package: _version(package) for package in packages},
        "git_commit": _git_commit(),
        "machine": {
            "host": platform.node(),
            "system": platform.platform(),
            "processor": processor_name(),
            "cores": os.cpu_count(),
        },
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the commit of the checkout that this package lies in, if it lies in one."""
    checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not os.path.exists(os.path.join(checkout, ".git")):
        return None
    command = ["git", "-C", checkout, "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
