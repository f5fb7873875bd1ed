"""What has been done, noted file by file, so that a preparation that was stopped goes on.

A line a file, appended when its picture is on the disk. A line that was cut short does not count.
"""

import base64
import dataclasses
import json
import zlib
from pathlib import Path
from typing import IO

from catdcgan.errors import UserError, printable

VERSION = 1  # to be raised whenever the same file would become another picture


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What became of a file.

    Attributes:
        stamp: what changes when the file, or its annotation, does.
        outcome: `picture`, or the kind of reason for which it was left out.
        reason: in words; empty for a picture.
        signature: what the picture is remembered by; empty without one.
        checksum: of the picture's file.
        output: the name of the picture's file.
    """

    stamp: str
    outcome: str
    reason: str = ""
    signature: bytes = b""
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
        self.outputs: set[str] = set()  # of earlier preparations too, with whatever settings
        self.pictures = folder / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal.jsonl"
        self._settings = f"{VERSION} {settings}"
        self._read()
        self._file: IO[str] = self._path.open("a", encoding="utf-8")
        self._append({"settings": self._settings})

    def add(self, name: str, record: Record) -> None:
        """Note what became of a file."""
        self.records[name] = record
        self.outputs.add(record.output)
        line = dataclasses.asdict(record) | {"name": name}
        line["signature"] = base64.b64encode(record.signature).decode("ascii")
        self._append(line)

    def hold(self, name: str, record: Record) -> None:
        """Know what became of a file this time, and have it tried again the next."""
        self.records[name] = record

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
        try:
            lines = self._path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        with lines:
            current = False
            for line in lines:
                try:
                    known = json.loads(line)
                    if "settings" in known:
                        current = known["settings"] == self._settings
                        continue
                    name = known.pop("name")
                    known["signature"] = base64.b64decode(known["signature"])
                    record = Record(**known)
                except (ValueError, TypeError, KeyError):
                    continue
                self.outputs.add(record.output)
                if current:
                    self.records[name] = record


def refuse_foreign_files(out: Path, ours: set[str]) -> None:
    """Stop before the pictures get mixed with others.

    Raises:
        UserError: `out` holds files that no preparation put there.
    """
    if out.is_dir():
        for path in sorted(out.iterdir()):
            if path.suffix != ".jpg" or path.stem not in ours:
                raise UserError(
                    f"--out: {printable(str(out))} holds {printable(path.name)}, which was not "
                    "prepared; a new or empty folder is needed."
                )
    elif out.exists():
        raise UserError(f"--out: {printable(str(out))} is a file; a folder is needed.")
