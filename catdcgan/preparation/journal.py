"""What has been done, noted file by file, so that a preparation that was stopped goes on.

A line a file, appended when its picture is on the disk. A line that was cut short does not count.
"""

import base64
import bisect
import dataclasses
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from catdcgan.preparation.duplicates import SIGNATURE, Signatures

VERSION = 2  # to be raised whenever the same file would become another picture


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


KINDS = {"name": str, "stamp": int, "outcome": str, "reason": str, "checksum": int, "output": str}


class Journal:
    """The records of a preparation by the names of files, in memory and in a file."""

    def __init__(self, folder: Path, settings: str) -> None:
        """Read what an earlier preparation with the same settings has noted.

        Args:
            folder: where the journal and the pictures in waiting are.
            settings: what the pictures depend on besides the files; with others all is new.
        """
        self.records: dict[str, Record] = {}
        # Of all preparations before, with whatever settings: which pictures, of which files.
        self.made: set[tuple[str, int | None]] = set()
        self.stamped: set[tuple[str, int]] = set()
        self.pictures = folder / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal.jsonl"
        self._settings = f"{VERSION} {settings}"
        self._read()
        self._file = self._path.open("ab", buffering=0)  # nothing is left for closing to write
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
                signatures.put(row, line["signature"])
        return signatures

    def forget_earlier(self) -> None:
        """Forget what other preparations made, which may be long and is not asked for again."""
        self.made.clear()
        self.stamped.clear()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def waiting(self, output: str) -> Path:
        """Return where a picture waits until it is known which ones are kept."""
        return self.pictures / f"{output}.jpg"

    def is_waiting(self, output: str, checksum: int | None) -> bool:
        """Tell whether a picture waits, and its file is whole."""
        try:
            return zlib.crc32(self.waiting(output).read_bytes()) == checksum
        except OSError:
            return False

    def _append(self, line: dict) -> None:
        # The newline comes first: a line that was cut short must not swallow this one.
        rest = memoryview(("\n" + json.dumps(line)).encode())
        try:
            while rest:
                rest = rest[self._file.write(rest) :]  # a disk that is nearly full takes a part
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error

    def _read(self) -> None:
        for line in self._lines(of_all_settings=True):
            name, current = line["name"], line["current"]
            record = Record(*(line[field.name] for field in dataclasses.fields(Record)))
            self.made.add((record.output, record.checksum))
            self.stamped.add((name, record.stamp))
            if current:
                self.records[name] = record

    def _lines(self, *, of_all_settings: bool = False) -> Iterator[dict]:
        """Yield what the file holds about pictures; `current` tells whose settings these were."""
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8", errors="replace") as lines:
            current = False
            for text in lines:
                line = _parse(text)
                if line is None:
                    continue  # cut short, or damaged
                if "settings" in line:
                    current = line["settings"] == self._settings
                elif current or of_all_settings:
                    yield line | {"current": current}


def _parse(text: str) -> dict | None:
    """Return what a line says, None where it is not whole."""
    try:
        line = json.loads(text)
        if "settings" in line:
            return {"settings": line["settings"]}
        line["signature"] = base64.b64decode(line["signature"])
        fits = all(isinstance(line[name], kind) for name, kind in KINDS.items())
    except (ValueError, KeyError, TypeError):
        return None
    return line if fits and len(line["signature"]) in (0, SIGNATURE) else None
