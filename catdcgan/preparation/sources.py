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


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """A picture to prepare.

    Attributes:
        source: what the names of its source's files begin with.
        file: the picture.
        landmarks: its annotation, where it has one.
    """

    source: str
    file: Member
    landmarks: Member | None

    @property
    def name(self) -> str:
        """Its name among those of all sources: `cats/a/b.jpg` for a/b.jpg of the source cats."""
        # One text for all who keep it: with 100,000 files a second one would be 10 MB.
        return sys.intern(f"{self.source}/{self.file.name}")

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
    """

    tasks: list[Task] = dataclasses.field(default_factory=list)
    left_out: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)


def list_sources(sources: Sequence[str], out: Path, outliers: dict[str, str]) -> Listing:
    """List the files of folders, zips and tars.

    Args:
        out: the folder of prepared pictures, which is never a source of its own.
        outliers: the reasons for leaving pictures out, by their names.

    Raises:
        UserError: a source is missing, of another kind, or damaged.
    """
    listing = Listing()
    for source, label in zip(sources, _labels(sources), strict=True):
        _list_source(Path(source), label, out, outliers, listing)
    listing.tasks.sort(key=lambda task: task.name)
    return listing


def _labels(sources: Sequence[str]) -> list[str]:
    """Return what the names of each source's files begin with: the same wherever it lies."""
    labels: list[str] = []
    for source in sources:
        name = os.path.basename(os.path.abspath(source)) or "root"
        label, number = name, 1
        while label in labels:
            number += 1
            label = f"{name}~{number}"
        labels.append(label)
    return labels


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
    annotations = {member.name[: -len(LANDMARKS)]: member for member in found.landmarks}
    annotated_folders = {_folder_of(name) for name in annotations}
    for file in found.files:
        name = f"{label}/{file.name}"
        landmarks = annotations.pop(file.name, None)
        if reason := outliers.get(outlier_key(file.name)):
            listing.left_out[name] = OUTLIER, reason
        elif landmarks is None and _folder_of(file.name) in annotated_folders:
            # In the middle of aligned faces a picture cut at its centre would be a mistake.
            listing.left_out[name] = BAD_ANNOTATION, "no annotation, though others here have one"
        else:
            listing.tasks.append(Task(label, file, landmarks))
    for stem, annotation in annotations.items():
        reason = outliers.get(outlier_key(stem))
        fate = (OUTLIER, reason) if reason else (BAD_ANNOTATION, "an annotation without a picture")
        listing.left_out[f"{label}/{annotation.name}"] = fate
    for skipped in found.skipped:
        listing.left_out[f"{label}/{skipped.name}"] = UNREADABLE, skipped.reason
    for member in found.arrays:
        reason = "of MNIST or CIFAR-10, which --data_dir reads as it is"
        listing.left_out[f"{label}/{member.name}"] = OTHER, reason
    for other in found.others:
        listing.left_out[f"{label}/{other}"] = OTHER, "not a picture"


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]
