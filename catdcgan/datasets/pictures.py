"""Pictures in folders and zips: found in depth, read without extracting, decoded on all cores."""

import concurrent.futures
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from catdcgan.datasets.decoding import UndecodableError, decode, looks_like_picture
from catdcgan.errors import UserError, printable
from catdcgan.progress import track

ENDINGS = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".heic", ".heif", ".avif"),
}
LARGEST_FILE = 256 * 2**20  # bytes; a picture file of more is taken for an accident
HEAD = 16  # bytes that tell what a file is


class Skipped(NamedTuple):
    """A file that was left out."""

    name: str
    reason: str

    def __str__(self) -> str:
        """Show the file on one line."""
        return f"{printable(self.name)}: {self.reason}"


class PictureFile(NamedTuple):
    """A file that should hold a picture: its name relative to the root, and how to read it."""

    name: str
    read: Callable[[], bytes]


class Found(NamedTuple):
    """What lies under a root: the pictures in the order of their names, and the rest.

    Attributes:
        others: how many files are no pictures and do not claim to be.
    """

    files: list[PictureFile]
    skipped: list[Skipped]
    others: int


def find_pictures(root: Path) -> Found:
    """List the pictures of a folder, searched in depth, or of a zip; zips in a folder included.

    What counts is a known ending in any case, or a content that is a picture's. Dot files, the
    folders of prepare's reports and READMEs are passed over.

    Raises:
        UserError: `root` is neither, or a zip cannot be trusted.
    """
    found = Found([], [], 0)
    if root.is_dir():
        found = _search_folder(root)
    elif zipfile.is_zipfile(root) or root.suffix.lower() == ".zip":
        found = _search_zip(root, "")
    else:
        raise UserError(
            f"{printable(str(root))}: a file of another kind; a folder or a zip is needed."
        )
    found.files.sort(key=lambda file: file.name)
    found.skipped.sort()
    return found


def load_pictures(files: list[PictureFile], image_size: int) -> tuple[np.ndarray, list[Skipped]]:
    """Read and decode all files, `-> uint8 [N, image_size, image_size, 3]` and what failed."""
    images = np.empty((len(files), image_size, image_size, 3), np.uint8)

    def load(index: int) -> Skipped | None:
        file = files[index]
        try:
            images[index] = decode(file.read(), image_size)
        except UndecodableError as error:
            return Skipped(file.name, str(error))
        except OSError as error:
            return Skipped(file.name, error.strerror or str(error))
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            return Skipped(file.name, str(error))  # a zip's: encrypted, unknown method, bad CRC
        return None

    # Pillow decodes and resizes outside the interpreter's lock: threads use all cores.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(track(pool.map(load, range(len(files))), len(files), "reading pictures"))
    skipped = [result for result in results if result]
    if skipped:
        images = images[[result is None for result in results]]
    return images, skipped


def _search_folder(root: Path) -> Found:
    files, skipped, others = [], [], 0
    for path, name in _walk(root, skipped):
        try:
            kind = _kind_of(path)
        except OSError as error:
            skipped.append(Skipped(name, error.strerror or str(error)))
            continue
        if kind == "zip":
            inside = _search_zip(path, name + "/")
            files += inside.files
            skipped += inside.skipped
            others += inside.others
        elif kind == "picture":
            files.append(PictureFile(name, lambda path=path: _read(path)))
        else:
            others += 1
    return Found(files, skipped, others)


def _walk(root: Path, skipped: list[Skipped]) -> Iterator[tuple[Path, str]]:
    """Yield each file below the root with its relative name; links are followed, loops are not."""

    def note(error: OSError) -> None:
        name = os.path.relpath(error.filename, root)
        skipped.append(Skipped(name, error.strerror or str(error)))

    visited = set()
    for folder, subfolders, names in os.walk(root, onerror=note, followlinks=True):
        identity = os.path.realpath(folder)
        if identity in visited:
            subfolders.clear()
            continue
        visited.add(identity)
        subfolders[:] = sorted(name for name in subfolders if not _passed_over(name))
        for name in names:
            if not _passed_over(name):
                path = Path(folder, name)
                yield path, path.relative_to(root).as_posix()


def _passed_over(name: str) -> bool:
    return name.startswith((".", "README", "__MACOSX")) or name.endswith(".report")


def _kind_of(path: Path) -> str:
    """Return `picture`, `zip` or `other`, by the ending and by the first bytes."""
    if not stat.S_ISREG(path.stat().st_mode):
        return "other"  # a pipe or a device, which reading would wait for
    with path.open("rb") as file:
        head = file.read(HEAD)
    if path.suffix.lower() in ENDINGS or looks_like_picture(head):
        return "picture"
    return "zip" if path.suffix.lower() == ".zip" or head.startswith(b"PK\3\4") else "other"


def _read(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise UndecodableError(f"over {LARGEST_FILE >> 20} MiB")
    return path.read_bytes()


def _search_zip(path: Path, prefix: str) -> Found:
    """List the pictures of a zip; nothing is ever written out.

    Raises:
        UserError: the zip is damaged, or a name in it would lead out of a folder.
    """
    shown = printable(str(path))
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(f"{shown}: {error}; a whole zip is needed.") from error
    files, skipped, others = [], [], 0
    for member in archive.infolist():
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in "".join(parts[:1]):
            raise UserError(
                f"{shown}: holds {printable(member.filename)!r}; "
                "a zip whose names stay inside it is needed."
            )
        if member.is_dir() or any(_passed_over(part) for part in parts):
            continue
        if member.file_size > LARGEST_FILE:
            skipped.append(Skipped(prefix + member.filename, f"over {LARGEST_FILE >> 20} MiB"))
        elif PurePosixPath(member.filename).suffix.lower() in ENDINGS or _holds_picture(
            archive, member
        ):
            read = lambda member=member: archive.read(member)  # noqa: E731
            files.append(PictureFile(prefix + member.filename, read))
        else:
            others += 1
    return Found(files, skipped, others)


def _holds_picture(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    try:
        with archive.open(member) as file:
            return looks_like_picture(file.read(HEAD))
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError):
        return False  # it does not claim to be a picture and cannot be looked into
