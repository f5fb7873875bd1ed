"""Lines of `metrics.jsonl`: which of them are whole, and which belong to the run."""

import bisect
import functools
import json
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

LONGEST = 2**20  # bytes; what is longer was never a line of metrics
DAMAGED = -1  # in place of a step
MOST_STEPS = 10**15

_START = b'{"step": '
_JOINT = re.compile(rb'(?:(?<=\})[^{}])?(?=\{"step": )')


def parse_line(line: bytes) -> dict[str, Any]:
    """Return what a line holds, with or without its end.

    Raises:
        ValueError: it is damaged.
    """
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        values = json.loads(line.decode())  # which knows NaN and Infinity too
    if not isinstance(values, dict):
        raise ValueError("no object")
    return values


def step_in(line: bytes) -> int:
    """Return the step of a line with or without its end, DAMAGED where it is not whole."""
    try:
        step = parse_line(line)["step"]
    except (ValueError, KeyError, RecursionError):
        return DAMAGED
    return step if type(step) is int and 0 < step < MOST_STEPS else DAMAGED


def read_lines(path: str) -> Iterator[bytes]:
    """Yield the lines of a file with their ends; what is far too long for one comes in pieces.

    Two lines whose end between them is lost come apart, the first of them without an end.
    """
    with open(path, "rb") as file:
        for line in iter(functools.partial(file.readline, LONGEST), b""):
            if line.find(_START, 1) > 0 and line.startswith(_START):
                yield from filter(None, _JOINT.split(line))
            else:
                yield line


def choose(steps: Sequence[int], last: int) -> bytearray:
    """Choose the lines that tell of the steps up to `last`, in the order of the file.

    Those that are kept rise; as few as can be are left out. So where one number is wrong, too large
    or too small, that line is the one that goes, and of two lines of one step the one whose
    neighbours in the file are its neighbours stays.

    Args:
        steps: of all lines, DAMAGED where a line is.

    Returns:
        For each line 1 where it is kept, 0 where not.
    """
    tails = array("q")  # the least step that a chain of each length ends with
    ends = array("q")  # the line that it is in
    before = array("q", bytes(8 * len(steps)))  # for each line, the one before it in its chain
    for line, step in enumerate(steps):
        if not 0 < step <= last:
            continue
        place = bisect.bisect_left(tails, step)
        before[line] = ends[place - 1] if place else -1
        if place == len(tails):
            tails.append(step)
            ends.append(line)
        elif step < tails[place] or _fits(steps, line) >= _fits(steps, ends[place]):
            tails[place], ends[place] = step, line
    kept = bytearray(len(steps))
    line = ends[-1] if ends else -1
    while line >= 0:
        kept[line] = 1
        line = before[line]
    return kept


def _fits(steps: Sequence[int], line: int) -> int:
    """Return how many of a line's two neighbours are of the steps beside its own."""
    step = steps[line]
    follows = step == 1 if line == 0 else steps[line - 1] == step - 1
    is_followed = line + 1 < len(steps) and steps[line + 1] == step + 1
    return follows + is_followed
