"""What a run has noted of its steps, taken in again when it goes on: a million lines in seconds."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catdcgan.run_folder.metrics_lines import parse_line
from catdcgan.watching.curves import Curves
from catdcgan.watching.health import Health

NOT_NUMBERS = {"step", "epoch", "health", "timing"}
LINES_AT_ONCE = 5000
# The latest steps are judged again; of those before, what was found then is taken over. By so many
# steps the means over 50 of them, and the patience of the rules, have forgotten all before.
JUDGED_AGAIN = 10_000


def catch_up(path: str, step: int, health: Health, curves: Curves) -> dict[str, float]:
    """Take in `metrics.jsonl`, cut back to `step`; return the latest number of each name."""
    latest: dict[str, float] = {}
    recent = health if step <= JUDGED_AGAIN else None
    for lines in _read(path):
        for name, steps, values in _columns(lines):
            curves.extend(name, steps, values)
            latest[name] = values[-1]
        for line in lines:
            if line["step"] > step - JUDGED_AGAIN:
                recent = recent or health.anew()
                recent.take_in(line["step"], numbers_in(line))
            if recent is not health:
                health.recall(line["step"], line, line.get("health") or {})
    if recent and recent is not health:
        health.go_on_from(recent)
    return latest


def numbers_in(line: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers in a line of `metrics.jsonl`, by name."""
    numbers = {name: value for name, value in line.items() if name not in NOT_NUMBERS}
    numbers |= line.get("timing", {})
    if all(map(math.isfinite, numbers.values())):
        return numbers
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def _read(path: str) -> Iterator[list[dict[str, Any]]]:
    with open(path, "rb") as file:
        while texts := list(itertools.islice(file, LINES_AT_ONCE)):
            yield [parse_line(text) for text in texts]


def _columns(
    lines: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, list[int], list[float]]]:
    """Yield the numbers of lines by name: at which steps there are any, and which."""
    steps = [line["step"] for line in lines]
    timings = [line.get("timing", {}) for line in lines]
    for rows in (lines, timings):
        forms = set(map(tuple, rows))
        for name in dict.fromkeys(itertools.chain(*forms)):
            if rows is lines and name in NOT_NUMBERS:
                continue
            if all(name in form for form in forms):
                values = [row[name] for row in rows]
                if math.isfinite(sum(values)):
                    yield name, steps, values
                    continue
            places = [
                place for place, row in enumerate(rows) if name in row and math.isfinite(row[name])
            ]
            if places:
                yield name, [steps[p] for p in places], [rows[p][name] for p in places]
