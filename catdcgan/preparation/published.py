"""What the last preparation put into a folder, and where its sources lay.

It is kept beside the journal and written before the folder is touched. Where it was deleted, the
report tells the same but for the places of the sources.
"""

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from catdcgan.preparation.outcomes import REMOVED
from catdcgan.storage import files


class Place(NamedTuple):
    """Where a source lies.

    Attributes:
        path: its real path.
        beside: the same, from the folder that the prepared pictures' folder is in.
    """

    path: str
    beside: str

    def is_at(self, other: "Place") -> bool:
        """Tell whether two may be one: at the same path, or after all has moved together."""
        return self.path == other.path or self.beside == other.beside


class Entry(NamedTuple):
    """The picture that was made of a file.

    Attributes:
        output: its name, without `.jpg`.
        checksum: of its content; None where that is not known.
        removed: the user has deleted it.
    """

    output: str
    checksum: int | None
    removed: bool = False


@dataclasses.dataclass(slots=True)
class Published:
    """What is known of the pictures in a folder.

    Attributes:
        entries: by the names of the files that they were made of.
        places: of the sources, by what the names of their files begin with.
        finished: all of them had reached the folder.
    """

    entries: dict[str, Entry] = dataclasses.field(default_factory=dict)
    places: dict[str, Place] = dataclasses.field(default_factory=dict)
    finished: bool = True


def read_published(work: Path, report: Path) -> Published:
    """Return what was published last.

    Args:
        work: the folder of the journal.
        report: the folder of the report.
    """
    kept = _file_in(work)
    published = Published()
    for line in _objects(kept if kept.exists() else report / "report.json"):
        match line:
            case {"places": dict(places)}:
                published.places = dict(_parse_places(places))
                published.finished = line.get("finished") is True
            case {"name": str(name), "outcome": outcome, "picture": str(picture)}:
                known = line.get("crc32")
                checksum = known if isinstance(known, int) else None
                entry = Entry(picture.removesuffix(".jpg"), checksum, outcome == REMOVED)
                published.entries[sys.intern(name)] = entry
    return published


def write_published(work: Path, published: Published) -> None:
    """Keep what is published.

    Raises:
        OSError: it cannot be written.
    """
    lines: list[dict[str, Any]] = [{"places": published.places, "finished": published.finished}]
    for name, entry in published.entries.items():
        outcome = REMOVED if entry.removed else "kept"
        picture = f"{entry.output}.jpg"
        lines.append(
            {"name": name, "outcome": outcome, "picture": picture, "crc32": entry.checksum}
        )
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    files.write_atomically(_file_in(work), text.encode())


def place_of(source: str | Path, out: Path) -> Place:
    """Return where a source lies, as seen from the folder of the prepared pictures too."""
    path = os.path.realpath(source)
    return Place(path, os.path.relpath(path, os.path.realpath(out.parent)))


def name_sources(sources: Iterable[str], out: Path, known: dict[str, Place]) -> dict[str, Place]:
    """Return the places of sources by what the names of their files begin with, in their order.

    A source that is known keeps its name, in whatever order and spelling it is given. One that
    has moved takes the name of the one of its own name that is not where it was.
    """
    free = dict(known)
    asked = [(os.path.basename(os.path.abspath(source)) or "root", source) for source in sources]
    here = [place_of(source, out) for _, source in asked]
    named: list[str | None] = []
    for place in here:
        there = next((name for name, was in free.items() if place.is_at(was)), None)
        named.append(there)
        if there:
            del free[there]
    for index, (base, _) in enumerate(asked):
        number, name = 1, base
        # A name that belongs to another source, which is still where it was, is not free.
        while name in named or (name in free and os.path.exists(free[name].path)):
            number += 1
            name = f"{base}~{number}"
        named[index] = named[index] or name
    return {str(name): place for name, place in zip(named, here, strict=True)}


def _parse_places(places: dict) -> Iterator[tuple[str, Place]]:
    for name, place in places.items():
        match place:
            case [str(path), str(beside)]:
                yield name, Place(path, beside)


def _file_in(work: Path) -> Path:
    return work / "published.jsonl"


def _objects(path: Path) -> Iterator[dict]:
    """Yield the objects of a file that has one a line; the whole may be too long for memory."""
    try:
        lines = path.open(encoding="utf-8", errors="replace")
    except OSError:
        return
    with lines:
        for line in lines:
            with contextlib.suppress(ValueError):
                value = json.loads(line.strip().rstrip(","))
                if isinstance(value, dict):
                    yield value
