"""Each step's numbers, for programs: `metrics.jsonl`."""

import contextlib
import itertools
import json
import os
from array import array
from typing import Any

from catdcgan.run_folder.metrics_lines import choose, read_lines, step_in
from catdcgan.storage import files


class MetricsFile:
    """One JSON object a line and a step, without gaps or doubles across continuations."""

    def __init__(self, path: str, step: int) -> None:
        """Open the file to go on after `step`: later lines, and damaged ones, are taken out.

        Attributes:
            missing: how many lines up to `step` were damaged or were not there.
        """
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self._path = path
        self._waiting = b""
        self.missing = step - _cut_after(path, step)
        # Unbuffered: a line is the system's as soon as it is written.
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115

    def write(self, step: int, values: dict[str, Any]) -> None:
        """Append the numbers of a step, now or, where the disk is full, with a later one's."""
        self._waiting += (json.dumps({"step": step, **values}) + "\n").encode()
        with contextlib.suppress(OSError):
            self._deliver()

    def flush(self) -> None:
        """Wait until everything is on the disk.

        Raises:
            OSError: it cannot be written; the error names the file.
        """
        self._deliver()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _deliver(self) -> None:
        try:
            while self._waiting:
                self._waiting = self._waiting[self._file.write(self._waiting) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._path) from error


def _cut_after(path: str, step: int) -> int:
    """Keep the whole lines of a metrics file up to `step`; return how many there are."""
    if not os.path.exists(path):
        return 0
    steps = array("q")
    previous, rising, length = 0, 0, 0  # lines from the first on that are as they should be
    for line in read_lines(path):
        number = step_in(line)
        if rising == len(steps) and previous < number <= step and line.endswith(b"\n"):
            previous, rising, length = number, rising + 1, length + len(line)
        steps.append(number)
    if not any(0 < number <= step for number in steps[rising:]):
        os.truncate(path, length)
        return rising
    kept = choose(steps, step)
    lines = itertools.compress(read_lines(path), kept)
    files.write_atomically(path, (line.rstrip(b"\n") + b"\n" for line in lines))
    return sum(kept)
