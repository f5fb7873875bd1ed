"""A run's folder: what lies in it, and its record `run.json`.

| file | what |
|---|---|
| run.json | command, settings, versions, git commit, pictures, machine, every continuation |
| train.log | what the terminal showed |
| metrics.jsonl | one line a step |
| checkpoint, model.ckpt-00000500.* | checkpoints |
| snapshots/00000500.jpg | the pictures of seeds 0, 1, 2, ... after 500 steps |
| reals.jpg | pictures it learns from |
| DONE | the run has reached its last step |
"""

import dataclasses
import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from catdcgan import files
from catdcgan.config import Config
from catdcgan.machine import processor_name

DEFAULT_PARENT = Path("checkpoints")


@dataclasses.dataclass(frozen=True)
class RunDirectory:
    """The paths of a run."""

    path: Path

    @property
    def record(self) -> Path:
        """Where `run.json` is."""
        return self.path / "run.json"

    @property
    def log(self) -> Path:
        """Where `train.log` is."""
        return self.path / "train.log"

    @property
    def metrics(self) -> Path:
        """Where `metrics.jsonl` is."""
        return self.path / "metrics.jsonl"

    @property
    def reals(self) -> Path:
        """Where the sheet of real pictures is."""
        return self.path / "reals.jpg"

    @property
    def done(self) -> Path:
        """Where the marker of a finished run is."""
        return self.path / "DONE"

    def snapshot(self, step: int) -> Path:
        """Return where the snapshot of a step is."""
        return self.path / "snapshots" / f"{step:08d}.jpg"

    def read_record(self) -> dict[str, Any] | None:
        """Return what `run.json` holds, None where there is no run."""
        record = files.read_json(self.record)
        return record if isinstance(record, dict) and "config" in record else None

    def write_record(self, config: Config, pictures: dict[str, Any]) -> None:
        """Begin the record of a new run.

        Args:
            pictures: source, count and fingerprint of the set.
        """
        record = {
            "config": dataclasses.asdict(config),
            "pictures": pictures,
            "started": _circumstances(),
            "continued": [],
        }
        files.write_json(self.record, record)

    def record_continuation(self, record: dict[str, Any], config: Config, step: int) -> None:
        """Note in the record that the run goes on at `step`, and with which settings."""
        was, now = record["config"], dataclasses.asdict(config)
        changed = {name: now[name] for name in now if now[name] != was.get(name)}
        record["continued"].append({"step": step, "changed": changed, **_circumstances()})
        record["config"] = now
        files.write_json(self.record, record)


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
    checkout = Path(__file__).resolve().parent.parent
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
