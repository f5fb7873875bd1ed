"""The files of checkpoints: how they are named, found, recognised as whole, and removed.

A checkpoint is `model.ckpt-00000500` with its TensorFlow files (`.index`, `.data-...`) and, written
last, `.json`: one without the latter was cut short and does not count.
"""

import glob
import re
from pathlib import Path
from typing import NamedTuple

from catdcgan import files
from catdcgan.errors import UserError, printable

NAME = "model.ckpt"


class Checkpoint(NamedTuple):
    """A checkpoint of a run: its prefix (path without endings) and its step."""

    prefix: Path
    step: int


def prefix_at(run_dir: Path, step: int) -> Path:
    """Return the prefix of the checkpoint of a step."""
    return run_dir / f"{NAME}-{step:08d}"


def json_of(prefix: Path) -> Path:
    """Return where the JSON file beside a checkpoint is."""
    return prefix.with_name(f"{prefix.name}.json")


def files_of(prefix: Path) -> list[Path]:
    """Return all files of a checkpoint."""
    return [*prefix.parent.glob(f"{glob.escape(prefix.name)}.*")]


def is_whole(prefix: Path) -> bool:
    """Tell whether TensorFlow's files of a checkpoint are there."""
    data = prefix.parent.glob(f"{glob.escape(prefix.name)}.data-*-of-*")
    return prefix.with_name(f"{prefix.name}.index").exists() and any(data)


def find_all(run_dir: Path) -> list[Checkpoint]:
    """Return the whole checkpoints of a run, oldest first."""
    found = []
    for path in run_dir.glob(f"{NAME}-*.json"):
        prefix = path.with_suffix("")
        info = files.read_json(path)
        if isinstance(info, dict) and isinstance(info.get("step"), int) and is_whole(prefix):
            found.append(Checkpoint(prefix, info["step"]))
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def find_latest(run_dir: Path) -> Checkpoint | None:
    """Return the newest whole checkpoint of a run, None where there is none."""
    return next(reversed(find_all(run_dir)), None)


def prune(run_dir: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints, and what saves that were cut short left."""
    kept = {checkpoint.prefix.name for checkpoint in find_all(run_dir)[-keep:]}
    for path in run_dir.glob(f"{NAME}-*"):
        if path.name.split(".data-")[0].removesuffix(".index").removesuffix(".json") not in kept:
            path.unlink(missing_ok=True)


def prefix_of(path: str, flag: str) -> Path:
    """Return the prefix of a checkpoint that is named by its prefix or by any of its files.

    Raises:
        UserError: there is no such checkpoint; the text lists those beside it.
    """
    given = Path(path)
    if given.is_dir() and (latest := find_latest(given)):
        return latest.prefix
    name = re.sub(r"\.(index|meta|json|data-\d+-of-\d+)$", "", given.name)
    prefix = given.with_name(name) if name else given
    if is_whole(prefix):
        return prefix
    folder = given if given.is_dir() else given.parent
    beside = sorted(path.stem for path in folder.glob("*.index")) if folder.is_dir() else []
    there = f"; there are {', '.join(map(printable, beside))}" if beside else ""
    raise UserError(
        f"{flag}: {printable(path)}: no checkpoint; "
        f"a prefix that has .index and .data files is needed{there}."
    )


def remove(prefix: Path) -> None:
    """Remove what there is of a checkpoint."""
    for path in files_of(prefix):
        path.unlink(missing_ok=True)
