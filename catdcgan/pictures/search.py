"""Pictures in folders, zips and tars: found in depth and listed, not yet read.

Beside pictures, what a search notes is the landmarks of the CAT dataset and the files of MNIST and
CIFAR-10.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.pictures.archives import ArchiveError, kind_of_archive, list_tar, list_zip
from catdcgan.pictures.formats import looks_like_picture
from catdcgan.pictures.members import FolderFile, Member, Skipped, UnreadableError

ENDINGS = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".heic", ".heif", ".avif"),
}
LANDMARKS = ".cat"  # the ending, after that of the picture, of the CAT dataset's annotations
# How the files of MNIST and of both versions of CIFAR-10 are called by those who publish them.
ARRAY_FILES = re.compile(
    r"(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?|(data_batch_\d+|test_batch)(\.bin)?"
)
HEAD = 16  # bytes that tell what a file is


class Found(NamedTuple):
    """What lies under a root, each list in the order of names.

    Attributes:
        files: what should be pictures.
        skipped: what cannot be read.
        others: the names of files that are no pictures and do not claim to be.
        landmarks: annotations of the CAT dataset.
        arrays: files of MNIST and CIFAR-10.
    """

    files: list[Member]
    skipped: list[Skipped]
    others: list[str]
    landmarks: list[Member]
    arrays: list[Member]


def find_pictures(root: Path, passed_over: Collection[str] = ()) -> Found:
    """List the pictures of a folder, searched in depth, or of a zip or a tar.

    Archives inside a folder are searched too, unless they are damaged.

    What counts is a known ending in any case, or a content that is a picture's. Dot files, the
    folders of prepare's reports and READMEs are passed over.

    Args:
        passed_over: real paths of folders that do not count.

    Raises:
        UserError: `root` is neither, or is an archive that cannot be trusted.
    """
    found = Found([], [], [], [], [])
    if root.is_dir():
        _search_folder(root, found, passed_over)
    else:
        # Of a pipe or a device nothing is read: some wait for ever, others never end.
        kind = kind_of_archive(root) if root.is_file() else None
        if kind is None:
            raise UserError(
                f"{printable(str(root))}: a file of another kind; "
                "a folder, a zip or a tar is needed."
            )
        try:
            _search_archive(root, kind, "", found)
        except ArchiveError as error:
            raise UserError(f"{printable(str(root))}: {error}.") from error
    for members in (found.files, found.landmarks, found.arrays):
        members.sort(key=lambda member: member.name)
    found.skipped.sort()
    found.others.sort()
    return found


def _search_folder(root: Path, found: Found, passed_over: Collection[str]) -> None:
    for path, name in _walk(root, found.skipped, passed_over):
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                found.others.append(name)  # a pipe or a device, which reading would wait for
                continue
            file = FolderFile(name, root, (status.st_mtime_ns << 48) + status.st_size)
            if _sort_in(file, found):
                continue
            kind = kind_of_archive(path)
        except (OSError, UnreadableError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            found.skipped.append(Skipped(name, reason))
            continue
        if kind is None:
            found.others.append(name)
            continue
        try:
            _search_archive(path, kind, name + "/", found)
        except ArchiveError as error:
            found.skipped.append(Skipped(name, str(error)))


def _search_archive(path: Path, kind: str, prefix: str, found: Found) -> None:
    """Note what lies in an archive.

    Raises:
        ArchiveError: it is damaged, or a name in it would lead out of a folder.
    """
    # Apart until the whole archive is known to be good.
    inside = Found([], [], [], [], [])
    for member in (list_zip if kind == "zip" else list_tar)(path, prefix):
        parts = PurePosixPath(member.name.removeprefix(prefix)).parts
        if any(_is_passed_over(part) for part in parts):
            continue
        try:
            sorted_in = _sort_in(member, inside)
        except UnreadableError:
            sorted_in = False  # it does not claim to be a picture and cannot be looked into
        if not sorted_in:
            inside.others.append(member.name)
    for name in Found._fields:
        getattr(found, name).extend(getattr(inside, name))


def _sort_in(member: Member, found: Found) -> bool:
    """Note a file under what its name, else its content, tells of it; return whether it did."""
    ending = os.path.splitext(member.name)[1].lower()
    if ending == LANDMARKS:
        found.landmarks.append(member)
    elif ARRAY_FILES.fullmatch(PurePosixPath(member.name).name):
        found.arrays.append(member)
    elif ending in ENDINGS or looks_like_picture(member.read_head(HEAD)):
        found.files.append(member)
    else:
        return False
    return True


def _walk(
    root: Path, skipped: list[Skipped], passed_over: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """Yield each file below the root with its relative name; links are followed, loops are not."""

    def note(error: OSError) -> None:
        name = os.path.relpath(error.filename, root)
        skipped.append(Skipped(name, error.strerror or str(error)))

    visited = set(passed_over)
    for folder, subfolders, names in os.walk(root, onerror=note, followlinks=True):
        identity = os.path.realpath(folder)
        if identity in visited:
            subfolders.clear()
            continue
        visited.add(identity)
        subfolders[:] = sorted(name for name in subfolders if not _is_passed_over(name))
        inside = os.path.relpath(folder, root)
        for name in names:
            if not _is_passed_over(name):
                relative = name if inside == "." else f"{Path(inside).as_posix()}/{name}"
                yield Path(folder, name), relative


def _is_passed_over(name: str) -> bool:
    return name.startswith((".", "README", "__MACOSX")) or name.endswith(".report")
