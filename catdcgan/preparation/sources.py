"""The files of all sources, each with its name, its annotation and, known already, its fate."""

import dataclasses
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.pictures.members import Member
from catdcgan.pictures.search import LANDMARKS, find_pictures
from catdcgan.preparation.outcomes import BAD_ANNOTATION, OTHER, OUTLIER, UNREADABLE
from catdcgan.preparation.outliers import outlier_key
from catdcgan.preparation.published import Place, name_sources


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """A picture to prepare.

    Attributes:
        source: what the names of its source's files begin with.
        file: the picture.
        landmarks: its annotation, where it has one.
        mark: ends its name where an archive has several files of one name.
    """

    source: str
    file: Member
    landmarks: Member | None
    mark: str = ""

    @property
    def name(self) -> str:
        """Its name among those of all sources: `cats/a/b.jpg` for a/b.jpg of the source cats."""
        # One text for all who keep it: with 100,000 files a second one would be 10 MB.
        return sys.intern(f"{self.source}/{self.file.name}{self.mark}")

    @property
    def stamp(self) -> int:
        """What changes when the file, or its annotation, does."""
        text = f"{self.file.stamp} {self.landmarks.stamp if self.landmarks else ''}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


@dataclasses.dataclass(slots=True)
class Listing:
    """What the sources hold.

    Attributes:
        tasks: pictures to prepare, in the order of their names.
        left_out: outcome and reason of files that need not be looked into, by name.
        places: where the sources lie, by what the names of their files begin with.
    """

    tasks: list[Task] = dataclasses.field(default_factory=list)
    left_out: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    places: dict[str, Place] = dataclasses.field(default_factory=dict)


def list_sources(
    sources: Sequence[str], out: Path, outliers: dict[str, str], known: dict[str, Place]
) -> Listing:
    """List the files of folders, zips and tars.

    Args:
        out: the folder of prepared pictures, which is never a source of its own.
        outliers: the reasons for leaving pictures out, by their names.
        known: the places of the sources that `out` was prepared from before.

    Raises:
        UserError: a source is missing, of another kind, or damaged.
    """
    listing = Listing(places=name_sources(sources, out, known))
    for source, label in zip(sources, listing.places, strict=True):
        _list_source(Path(source), label, out, outliers, listing)
    listing.tasks.sort(key=lambda task: task.name)
    return listing


def _list_source(
    source: Path, label: str, out: Path, outliers: dict[str, str], listing: Listing
) -> None:
    shown = printable(str(source))
    if not source.exists():
        raise UserError(f"{shown}: not found; a folder, a zip or a tar is needed.")
    real_out = os.path.realpath(out)
    if Path(os.path.realpath(source)).is_relative_to(real_out):
        raise UserError(f"--out: {printable(str(out))} is the source {shown}; another is needed.")
    found = find_pictures(source, {real_out})
    annotations: dict[str, list[Member]] = {}
    for member in found.landmarks:
        annotations.setdefault(member.name[: -len(LANDMARKS)], []).append(member)
    annotated_folders = {_folder_of(name) for name in annotations}
    marks = _Marks()

    def leave_out(name: str, outcome: str, reason: str) -> None:
        listing.left_out[f"{label}/{name}{marks.next_for(name)}"] = outcome, reason

    for file in found.files:
        landmarks = _take_first(annotations, file.name)
        if reason := outliers.get(outlier_key(file.name)):
            leave_out(file.name, OUTLIER, reason)
        elif landmarks is None and _folder_of(file.name) in annotated_folders:
            # In the middle of aligned faces a picture cut at its centre would be a mistake.
            leave_out(file.name, BAD_ANNOTATION, "no annotation, though others here have one")
        else:
            listing.tasks.append(Task(label, file, landmarks, marks.next_for(file.name)))
    for stem, left in annotations.items():
        reason = outliers.get(outlier_key(stem))
        fate = (OUTLIER, reason) if reason else (BAD_ANNOTATION, "an annotation without a picture")
        for annotation in left:
            leave_out(annotation.name, *fate)
    for skipped in found.skipped:
        leave_out(skipped.name, UNREADABLE, skipped.reason)
    for member in found.arrays:
        leave_out(member.name, OTHER, "of MNIST or CIFAR-10, which --data_dir reads as it is")
    for other in found.others:
        leave_out(other, OTHER, "not a picture")


class _Marks:
    """Tells files of one name apart, of which an archive can have several."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # of the latest file of each name

    def next_for(self, name: str) -> str:
        """Return what has to follow a name so that it is another one than all before."""
        mark, number = "", self._numbers.get(name, 0) + 1
        while number > 1 or name + mark in self._numbers:
            mark = f"~{number}" if number > 1 else ""
            if name + mark not in self._numbers:
                break
            number += 1
        self._numbers[name] = number
        if mark:
            self._numbers[name + mark] = 1
        return mark


def _take_first(annotations: dict[str, list[Member]], name: str) -> Member | None:
    """Take the first annotation of a name: of several files of one name the first has it."""
    members = annotations.get(name)
    if not members:
        return None
    if len(members) == 1:
        del annotations[name]
    return members.pop(0)


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]
