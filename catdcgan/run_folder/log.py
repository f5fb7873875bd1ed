"""What a run tells people: lines on the terminal and in `train.log`."""

import datetime
import os
import sys

import tqdm

from catdcgan.console.words import printable


class RunLog:
    """Lines to the terminal, above any progress bar, and with their time to train.log."""

    def __init__(self, quiet: bool = False) -> None:
        """Begin; a quiet log keeps its lines and shows none."""
        self.quiet = quiet
        self._path: str | None = None
        self._waiting: list[str] = []

    def open(self, path: str) -> None:
        """Write to this file from now on; what was said before is written first."""
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self._path = path
        lines, self._waiting = self._waiting, []
        self._append(path, "".join(lines))

    def say(self, text: str) -> None:
        """Show a line, unless quiet, and keep it."""
        if not self.quiet:
            _show(text)
        self.keep(text)

    def keep(self, text: str) -> None:
        """Keep a line in the file without showing it."""
        time = datetime.datetime.now().isoformat(sep=" ", timespec="seconds")
        line = f"{time}  {printable(text)}\n"
        if self._path is None:
            self._waiting.append(line)
        else:
            self._append(self._path, line)

    def _append(self, path: str, text: str) -> None:
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            _show(f"{path}: {error.strerror}; the line above is not in it")


def _show(text: str) -> None:
    """Write a line above any progress bar, at once, even into a file or a pipe."""
    try:
        tqdm.tqdm.write(printable(text))
        sys.stdout.flush()
    except OSError:
        # Nobody reads any more (`| head`, a closed terminal), which is no reason to stop. The
        # rest goes nowhere, or the interpreter would fail at it when it ends.
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
