"""Each step's numbers, for programs: `metrics.jsonl`."""

import contextlib
import json
import os
from typing import Any

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
    count, last_step, length, after_damage = 0, 0, 0, []
    damaged = False
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            number = _step_in(line)
            if number is None or not last_step < number <= step:
                damaged = True  # or of a step that is going to be done again
                continue
            count, last_step = count + 1, number
            if damaged:
                after_damage.append(line)
            else:
                length += len(line)
    if after_damage:
        with open(path, "rb") as file:
            before = file.read(length)
        files.write_atomically(path, before + b"".join(after_damage))
    elif os.path.exists(path):
        os.truncate(path, length)
    return count


def _step_in(line: bytes) -> int | None:
    """Return the step of a line of metrics, None where the line is damaged."""
    try:
        number = json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return None
    return number if line.endswith(b"\n") and isinstance(number, int) else None
