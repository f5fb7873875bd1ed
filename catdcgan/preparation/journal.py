"""What has been done, noted file by file, so that a preparation that was stopped goes on.

A line a file, appended when its picture is on the disk. A line that was cut short does not count.
"""

import base64
import bisect
import dataclasses
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.preparation.duplicates import Signatures

VERSION = 1  # to be raised whenever the same file would become another picture


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What became of a file.

    Attributes:
        stamp: what changes when the file, or its annotation, does.
        outcome: `picture`, or the kind of reason for which it was left out.
        reason: in words; empty for a picture.
        checksum: of the picture's file.
        output: the name of the picture's file.
    """

    stamp: int
    outcome: str
    reason: str = ""
    checksum: int = 0
    output: str = ""


class Journal:
    """The records of a preparation by the names of files, in memory and in a file."""

    def __init__(self, folder: Path, settings: str) -> None:
        """Read what an earlier preparation with the same settings has noted.

        Args:
            folder: where the journal and the pictures in waiting are.
            settings: what the pictures depend on besides the files; with others all is new.
        """
        self.records: dict[str, Record] = {}
        self.outputs: set[str] = set()  # of all preparations before, with whatever settings
        self.pictures = folder / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal.jsonl"
        self._settings = f"{VERSION} {settings}"
        self._read()
        self._file: IO[str] = self._path.open("a", encoding="utf-8")
        self._append({"settings": self._settings})

    def add(self, name: str, record: Record, signature: bytes) -> None:
        """Note what became of a file, and what its picture is remembered by."""
        self.records[name] = record
        line = {"name": name, "signature": base64.b64encode(signature).decode("ascii")}
        self._append(line | dataclasses.asdict(record))

    def hold(self, name: str, record: Record) -> None:
        """Know what became of a file this time, and have it tried again the next."""
        self.records[name] = record

    def read_signatures(self, names: list[str]) -> Signatures:
        """Return what pictures are remembered by, from the file.

        Args:
            names: of the pictures' files, in their order.
        """
        signatures = Signatures(len(names), self._path.parent)
        for line in self._lines():
            row = bisect.bisect_left(names, line["name"])
            if row < len(names) and names[row] == line["name"] and line["signature"]:
                signatures.put(row, base64.b64decode(line["signature"]))
        return signatures

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def waiting(self, output: str) -> Path:
        """Return where a picture waits until it is known which ones are kept."""
        return self.pictures / f"{output}.jpg"

    def is_there(self, path: Path, record: Record) -> bool:
        """Tell whether the file of a record's picture is whole."""
        try:
            return zlib.crc32(path.read_bytes()) == record.checksum
        except OSError:
            return False

    def _append(self, line: dict) -> None:
        # The newline comes first: a line that was cut short must not swallow this one.
        try:
            self._file.write("\n" + json.dumps(line))
            self._file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error

    def _read(self) -> None:
        for line in self._lines(of_all_settings=True):
            name, current = line.pop("name"), line.pop("current")
            del line["signature"]
            record = Record(**line)
            self.outputs.add(record.output)
            if current:
                self.records[name] = record

    def _lines(self, *, of_all_settings: bool = False) -> Iterator[dict]:
        """Yield what the file holds about pictures; `current` tells whose settings these were."""
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8", errors="replace") as lines:
            current = False
            for line in lines:
                try:
                    known = json.loads(line)
                except ValueError:
                    continue  # cut short
                if "settings" in known:
                    current = known["settings"] == self._settings
                elif current or of_all_settings:
                    yield known | {"current": current}


def refuse_foreign_files(out: Path, ours: set[str]) -> None:
    """Stop before the pictures get mixed with others.

    Raises:
        UserError: `out` holds files that no preparation put there.
    """
    if out.is_dir():
        with os.scandir(out) as entries:
            for entry in entries:
                stem, ending = os.path.splitext(entry.name)
                if ending != ".jpg" or stem not in ours:
                    raise UserError(
                        f"--out: {printable(str(out))} holds {printable(entry.name)}, which was "
                        "not prepared; a new or empty folder is needed."
                    )
    elif out.exists():
        raise UserError(f"--out: {printable(str(out))} is a file; a folder is needed.")
