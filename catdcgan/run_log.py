"""What a run tells: lines for people (terminal and train.log), numbers for programs."""

import datetime
import errno
import json
import os
from pathlib import Path
from typing import Any

import tqdm


class RunLog:
    """Lines to the terminal, above any progress bar, and with their time to train.log."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._waiting: list[str] = []

    def open(self, path: Path) -> None:
        """Write to this file from now on; what was said before is written first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        lines, self._waiting = self._waiting, []
        self._append("".join(lines))

    def say(self, text: str) -> None:
        """Show a line and keep it."""
        tqdm.tqdm.write(text)
        self.keep(text)

    def keep(self, text: str) -> None:
        """Keep a line in the file without showing it."""
        time = datetime.datetime.now().isoformat(sep=" ", timespec="seconds")
        line = f"{time}  {text}\n"
        if self._path is None:
            self._waiting.append(line)
        else:
            self._append(line)

    def _append(self, text: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            tqdm.tqdm.write(f"{self._path}: {error.strerror}; the line above is not in it")


class MetricsFile:
    """One JSON object a line and a step, without gaps or doubles across continuations."""

    def __init__(self, path: Path, step: int) -> None:
        """Open the file to go on after `step`: later lines, and a torn one, are cut off."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: a line is the system's as soon as it is written, and no write can fail late.
        self._file = path.open("ab", buffering=0)
        self._file.truncate(_length_up_to(path, step))
        self._path = path

    def write(self, step: int, values: dict[str, Any]) -> None:
        """Append the numbers of a step."""
        line = (json.dumps({"step": step, **values}) + "\n").encode()
        try:
            written = self._file.write(line)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _length_up_to(path: Path, step: int) -> int:
    """Return the length, in bytes, of the lines up to and with `step`."""
    length = 0
    with path.open("rb") as file:
        for line in file:
            try:
                if not line.endswith(b"\n") or json.loads(line)["step"] > step:
                    break
            except (ValueError, KeyError, TypeError):
                break
            length += len(line)
    return length
