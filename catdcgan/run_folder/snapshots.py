"""The snapshots of a run, as they lie in its folder."""

import math
import re
from typing import NamedTuple

from catdcgan.storage import files

NAME = re.compile(r"(\d{8,})\.jpg")


class Snapshot(NamedTuple):
    """A snapshot: its step and where it lies."""

    step: int
    path: str


def find_snapshots(folder: str, until: float = math.inf) -> list[Snapshot]:
    """Return the snapshots in a folder, by step; none later than `until`."""
    names = [match for name in files.list_names(folder) if (match := NAME.fullmatch(name))]
    found = sorted(Snapshot(int(match[1]), files.join(folder, match[0])) for match in names)
    return [snapshot for snapshot in found if snapshot.step <= until]


def thin(snapshots: list[Snapshot], most: int) -> list[Snapshot]:
    """Return the first, the last, and evenly spaced ones between them, `most` in all.

    Every so many, counted from the first: while a run grows, those that were chosen stay chosen
    until the spacing doubles.
    """
    spacing, last = 1, len(snapshots) - 1
    while last // spacing + 1 + bool(last % spacing) > most and spacing < last:
        spacing *= 2
    chosen = snapshots[::spacing]
    if chosen and chosen[-1] != snapshots[-1]:
        chosen.append(snapshots[-1])
    return chosen
