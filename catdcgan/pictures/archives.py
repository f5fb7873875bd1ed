"""What lies in a zip or a tar, compressed or not. Nothing is written out."""

import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from catdcgan.console.words import printable
from catdcgan.pictures.members import OpenTar, TarMember, ZipMember, compression_of

EPOCH = (1980, 1, 1, 0, 0, 0)  # of zips; one tuple for all members

TAR_MODES: dict[str, Literal["r:", "r:gz", "r:bz2", "r:xz"]] = {
    "": "r:",
    "gz": "r:gz",
    "bz2": "r:bz2",
    "xz": "r:xz",
}
TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


class ArchiveError(Exception):
    """An archive cannot be used; the text is `<found>; <needed>`."""


def kind_of_archive(path: Path) -> str | None:
    """Return `zip` or `tar` by the ending, or by the content of a file without a telling one."""
    name = path.name.lower()
    if name.endswith(".zip"):
        return "zip"
    if name.endswith(TAR_ENDINGS):
        return "tar"
    if zipfile.is_zipfile(path):
        return "zip"
    try:
        with _open_tar(path) as archive:
            return "tar" if archive.next() else None
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return None


def _open_tar(path: Path) -> tarfile.TarFile:
    # By the first bytes: one that tries all kinds goes through gigabytes of zeros for it.
    return tarfile.open(path, TAR_MODES[compression_of(path)])


def list_zip(path: Path, prefix: str) -> Iterator[ZipMember]:
    """Yield the files of a zip; their names get `prefix`.

    Raises:
        ArchiveError: the zip is damaged, or a name in it would lead out of a folder.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise ArchiveError(f"{error}; a whole zip is needed") from error
    stamp = _stamp_of(path)
    for info in archive.infolist():
        _refuse_leaving(info.filename, "zip")
        # Not needed any more, and a quarter of its memory.
        info.extra, info.date_time = b"", EPOCH
        if not info.is_dir():
            yield ZipMember(prefix + info.filename, archive, info, stamp)


def list_tar(path: Path, prefix: str) -> Iterator[TarMember]:
    """Yield the files of a tar, in its order; their names get `prefix`. Links are passed over.

    Raises:
        ArchiveError: the tar is damaged, or a name in it would lead out of a folder.
    """
    try:
        shared = OpenTar(path)
        with _open_tar(path) as archive:
            for info in archive:
                vars(archive)["members"] = []  # or it would keep a kilobyte for each
                _refuse_leaving(info.name, "tar")
                if info.isreg() and not info.issparse():
                    yield TarMember(prefix + info.name, shared, info.offset_data, info.size)
            # One that was cut between two files reads like a whole one but for its end mark.
            archive.fileobj.seek(archive.offset)
            if not archive.fileobj.read(tarfile.BLOCKSIZE):
                raise ArchiveError("ends without an end mark; a whole tar is needed")
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        reason = str(error) or type(error).__name__
        raise ArchiveError(f"{reason}; a whole tar is needed") from error


def _stamp_of(path: Path) -> str:
    status = os.stat(path)
    return f"{status.st_size} {status.st_mtime_ns}"


def _refuse_leaving(name: str, kind: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name):
        raise ArchiveError(
            f"holds {printable(name)!r}; a {kind} whose names stay inside it is needed"
        )
