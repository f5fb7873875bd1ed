"""How a run stands, read from its folder without TensorFlow and without disturbing it."""

import json
import statistics
from typing import Any, NamedTuple

from catdcgan.console.errors import UserError
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.lock import is_held
from catdcgan.run_folder.record import read_record
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.storage import files

TAIL = 2**16  # bytes of metrics.jsonl that are read: some hundred steps

TRAINING, STOPPED, FINISHED = "training", "stopped", "finished"


class Summary(NamedTuple):
    """How a run stands.

    Attributes:
        step: the last one noted; the checkpoint may be of an earlier one.
        numbers: of that step, empty before the first one.
        seconds_left: to the last step at the latest speed, None where it is not known.
        size: of everything in the folder, in bytes.
    """

    path: str
    preset: str
    state: str
    step: int
    last_step: int
    numbers: dict[str, Any]
    seconds_left: float | None
    size: int


def summarise(path: str) -> Summary | None:
    """Return how the run in a folder stands, None where there is none."""
    run = RunDirectory(path)
    record = read_record(run)
    if record is None:
        return None
    try:
        schedule = make_schedule(make_config({}, record.config), record.pictures.count)
    except (KeyError, TypeError, UserError, ZeroDivisionError):
        return None  # of another version of this program
    lines = last_metrics(files.join(path, "metrics.jsonl"))
    numbers = lines[-1] if lines else {}
    step = numbers.get("step", 0)
    if files.exists(run.done) and step >= schedule.last_step:
        state = FINISHED
    else:
        state = TRAINING if is_held(path) else STOPPED
    # A key may be another by a damage that leaves the line readable.
    seconds = [line["timing"]["seconds"] for line in lines if "seconds" in line.get("timing", ())]
    return Summary(
        path=path,
        preset=record.config.get("preset", ""),
        state=state,
        step=step,
        last_step=schedule.last_step,
        numbers=numbers,
        seconds_left=statistics.median(seconds) * (schedule.last_step - step) if seconds else None,
        size=_size_of(path),
    )


def last_metrics(path: str) -> list[dict[str, Any]]:
    """Return the latest lines of `metrics.jsonl`, those that are damaged left out."""
    lines = []
    for text in (files.read_tail(path, TAIL) or b"").splitlines():
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue  # the first, cut in two, or the last, in the writing
        if isinstance(line, dict) and isinstance(line.get("step"), int):
            lines.append(line)
    return lines


def _size_of(folder: str) -> int:
    """Return the bytes of all files in a folder and those in it."""
    total = 0
    for name in files.list_names(folder):
        path = files.join(folder, name)
        try:
            total += _size_of(path) if files.is_folder(path) else files.size_of(path)
        except FileNotFoundError:
            continue  # removed in the meantime
    return total
