"""What was kept and what was left out: `report.json`, `summary.txt` and `contact_sheet.jpg`.

Nothing in them depends on the time, on the machine, or on where things lie.
"""

import collections
import contextlib
import heapq
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from catdcgan.console.words import printable
from catdcgan.pictures.decoding import decode
from catdcgan.pictures.formats import UndecodableError
from catdcgan.pictures.pixels import encode_jpeg, make_grid
from catdcgan.preparation.outcomes import KEPT, OTHER, OUTCOMES
from catdcgan.storage import files

SHEET = 8  # pictures along a side of the contact sheet
LARGEST_TILE = 128  # pixels
INDENT = 16  # columns of the summary that hold the outcome


class Fate(NamedTuple):
    """What became of a file.

    Attributes:
        name: of the file, with its source.
        outcome: one of `OUTCOMES`.
        reason: why it was left out.
        picture: the name of the picture that was made of it.
        crc32: of that picture's content.
        remark: what else is worth knowing of a picture.
    """

    name: str
    outcome: str
    reason: str = ""
    picture: str = ""
    crc32: int | None = None
    remark: str = ""


def merge_fates(one: Iterator[Fate], other: Iterator[Fate]) -> Iterator[Fate]:
    """Merge two rows of fates, each in the order of names."""
    return heapq.merge(one, other)


def write_report(
    folder: Path, settings: dict, fates: Callable[[], Iterator[Fate]]
) -> collections.Counter[str]:
    """Write `report.json` and `summary.txt`; return how many files had each outcome.

    Args:
        settings: those that the result depends on.
        fates: begins to go through all files, in the order of names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = collections.Counter(fate.outcome for fate in fates())
    _write(folder / "report.json", lambda file: _write_json(file, settings, counts, fates()))
    _write(folder / "summary.txt", lambda file: _write_summary(file, settings, counts, fates()))
    return counts


def write_contact_sheet(folder: Path, out: Path, kept: list[str], image_size: int) -> None:
    """Write a sheet of pictures in `out` chosen at random, always the same of the same list."""
    sheet = folder / "contact_sheet.jpg"
    if not kept:
        sheet.unlink(missing_ok=True)
        return
    count = min(len(kept), SHEET * SHEET)
    chosen = random.Random(0).sample(kept, count)
    tile = min(image_size, LARGEST_TILE)
    tiles = []
    for name in chosen:
        with contextlib.suppress(OSError, UndecodableError):  # the user is at work there
            tiles.append(decode((out / f"{name}.jpg").read_bytes(), tile))
    if not tiles:
        return
    shown = np.stack(tiles)
    count = len(shown)
    columns = min(count, SHEET)
    grid = make_grid(shown, -(-count // columns), columns)
    files.write_atomically(sheet, encode_jpeg(grid))


def counts_in_words(counts: collections.Counter[str]) -> Iterator[str]:
    """Yield a line for each outcome that occurred."""
    for outcome in OUTCOMES:
        if counts[outcome] or outcome == KEPT:
            yield f"{outcome:<{INDENT}}{counts[outcome]:,}"


def _write(path: Path, write: Callable[[IO[str]], None]) -> None:
    """Write a file under another name first: it may be too long to be held in memory."""
    growing = path.with_name(f"{path.name}.part")
    try:
        with growing.open("w", encoding="utf-8", newline="\n") as file:
            write(file)
        os.replace(growing, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            growing.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_json(
    file: IO[str], settings: dict, counts: collections.Counter[str], fates: Iterator[Fate]
) -> None:
    ordered = {outcome: counts[outcome] for outcome in OUTCOMES}
    file.write(f'{{\n"settings": {json.dumps(settings)},\n"counts": {json.dumps(ordered)},\n')
    file.write('"files": [')
    for number, fate in enumerate(fates):
        entry = {name: value for name, value in fate._asdict().items() if value not in ("", None)}
        file.write(("," if number else "") + "\n" + json.dumps(entry))
    file.write("\n]\n}\n")


def _write_summary(
    file: IO[str], settings: dict, counts: collections.Counter[str], fates: Iterator[Fate]
) -> None:
    for name, value in settings.items():
        file.write(f"{name:<{INDENT}}{printable(str(value))}\n")
    file.write("\n")
    file.writelines(f"{line}\n" for line in counts_in_words(counts))
    file.write("\nLeft out:\n" if sum(counts.values()) > counts[KEPT] else "\nNothing left out.\n")
    remarks: list[str] = []
    for fate in fates:
        if fate.outcome != KEPT:
            reason = "" if fate.outcome == OTHER else f": {printable(fate.reason)}"
            file.write(f"{fate.outcome:<{INDENT}}{printable(fate.name)}{reason}\n")
        elif fate.remark:
            remarks.append(f"{fate.remark:<{INDENT}}{printable(fate.name)}\n")
    if remarks:
        file.writelines(["\nKept, but look at them:\n", *remarks])
