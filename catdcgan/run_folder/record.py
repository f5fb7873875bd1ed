"""The record of a run, `run.json`: its settings, its pictures, and the circumstances of each start.

A checkpoint's manifest holds a copy, without the continuations, for where `run.json` is lost.
"""

import dataclasses
import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
import uuid
from collections.abc import Mapping
from typing import Any

from catdcgan.checkpoints.files import Checkpoint
from catdcgan.machine.arithmetic import Arithmetic, parse_arithmetic
from catdcgan.machine.processor import processor_name
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.settings.config import Config
from catdcgan.settings.setting import is_of_type, settings_of
from catdcgan.storage import checked_json

PACKAGES = ("catdcgan", "tensorflow", "numpy", "pillow")


@dataclasses.dataclass(frozen=True)
class Pictures:
    """The set that a run learns from: where it came from, in words, and what it is known by."""

    source: str
    count: int
    fingerprint: str


@dataclasses.dataclass(frozen=True)
class Start:
    """The circumstances of a start.

    Attributes:
        time: with its zone, ISO 8601.
        command: its arguments.
        versions: of Python and of packages, by name.
        git_commit: of the checkout that the program lay in, if it did.
        machine: host, system, processor and cores.
        step: where the run went on; 0 for its first start.
        changed: settings that were others before, with their new values.
    """

    time: str
    command: list[str]
    versions: Mapping[str, str | None]
    git_commit: str | None
    machine: Mapping[str, Any]
    step: int = 0
    changed: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Record:
    """The record of a run.

    Attributes:
        id: what the run and its checkpoints are known by; None before the first start by a version
            that has them.
        config: its settings as they were recorded; an earlier version may not have known them all.
    """

    id: str | None
    config: Mapping[str, Any]
    pictures: Pictures
    arithmetic: Arithmetic
    started: Start
    continued: tuple[Start, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what `run.json` holds."""
        started = dataclasses.asdict(self.started)
        del started["step"], started["changed"]
        return {
            "id": self.id,
            "config": dict(self.config),
            "pictures": dataclasses.asdict(self.pictures),
            "arithmetic": dataclasses.asdict(self.arithmetic),
            "started": started,
            "continued": [dataclasses.asdict(start) for start in self.continued],
        }


def begin_record(config: Config, pictures: Pictures, arithmetic: Arithmetic) -> Record:
    """Return the record of a new run."""
    return Record(uuid.uuid4().hex, dataclasses.asdict(config), pictures, arithmetic, _start())


def continue_record(record: Record, config: Config, arithmetic: Arithmetic, step: int) -> Record:
    """Return the record of a run that goes on at `step`, and with which settings."""
    start = _start(step, changes(record, config))
    return dataclasses.replace(
        record,
        id=record.id or uuid.uuid4().hex,
        config=dataclasses.asdict(config),
        arithmetic=arithmetic,
        continued=(*record.continued, start),
    )


def changes(record: Record, config: Config) -> dict[str, Any]:
    """Return the settings, with their new values, in which a continuation differs.

    Those that the version which began the run did not know yet are none of them.
    """
    was = record.config
    return {
        name: getattr(config, name)
        for name, known in settings_of(Config).items()
        if known.lasting and name in was and getattr(config, name) != was[name]
    }


def write_record(run: RunDirectory, record: Record) -> None:
    """Write a run's record.

    Raises:
        OSError: it cannot be written.
    """
    checked_json.write(run.record_file, record.as_json())


def read_record(run: RunDirectory, checkpoint: Checkpoint | None = None) -> Record | None:
    """Return a run's record, None where there is none.

    Args:
        checkpoint: holds the record too, which counts where `run.json` is damaged.
    """
    record = parse_record(checked_json.read(run.record_file))
    if record is None and checkpoint is not None:
        record = parse_record(checkpoint.manifest.notes.record)
    return record


def parse_record(value: Mapping[str, Any] | None) -> Record | None:
    """Return the record that a file holds, None where it is none."""
    if value is None:
        return None
    try:
        pictures = value["pictures"]
        for name in settings_of(Config).keys() & value["config"].keys():
            if not is_of_type(Config, name, value["config"][name]):
                return None
        return Record(
            id=None if value.get("id") is None else str(value["id"]),
            config=dict(value["config"]),
            pictures=Pictures(
                str(pictures["source"]), int(pictures["count"]), str(pictures["fingerprint"])
            ),
            arithmetic=parse_arithmetic(value["arithmetic"], continued=bool(value["continued"])),
            started=_parse_start(value["started"]),
            continued=tuple(_parse_start(start) for start in value["continued"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _parse_start(value: Mapping[str, Any]) -> Start:
    known = [field.name for field in dataclasses.fields(Start)]
    return Start(**{name: value[name] for name in known if name in value})


def _start(step: int = 0, changed: Mapping[str, Any] | None = None) -> Start:
    return Start(
        time=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        command=sys.argv,
        versions={"python": platform.python_version()}
        | {package: _version(package) for package in PACKAGES},
        git_commit=_git_commit(),
        machine={
            "host": platform.node(),
            "system": platform.platform(),
            "processor": processor_name(),
            "cores": os.cpu_count(),
        },
        step=step,
        changed=changed or {},
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the commit of the checkout that this package lies in, if it lies in one."""
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if not os.path.exists(os.path.join(checkout, ".git")):
        return None
    command = ["git", "-C", checkout, "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
