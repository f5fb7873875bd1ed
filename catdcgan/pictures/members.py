"""A file of a source, in a folder, a zip or a tar: its name, and its bytes without extracting it.

Nothing of an archive is ever written out, so no name in one can lead anywhere.
"""

import bz2
import contextlib
import dataclasses
import gzip
import lzma
import os
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from catdcgan.console.words import printable

LARGEST_FILE = 256 * 2**20  # bytes; a picture file of more is taken for an accident


class Skipped(NamedTuple):
    """A file that was left out."""

    name: str
    reason: str

    def __str__(self) -> str:
        """Show the file on one line."""
        return f"{printable(self.name)}: {self.reason}"


class UnreadableError(Exception):
    """A file cannot be read; the text is the reason. The same file may be readable tomorrow."""


@dataclasses.dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in a folder.

    Attributes:
        changed: size and time of the last change in one number, which is half as large as two.
    """

    name: str
    root: Path
    changed: int

    @property
    def stamp(self) -> str:
        """What changes when the file does."""
        return f"{self.changed:x}"

    @property
    def place(self) -> tuple[str, int]:
        """Where it lies; reading goes in the order of places."""
        return "", 0

    @property
    def in_sequence(self) -> bool:
        """Whether reading out of the order of places is slow beyond reason."""
        return False

    def read(self, most: int = LARGEST_FILE) -> bytes:
        """Return the content.

        Raises:
            UnreadableError: it is gone, not permitted, or larger than `most` bytes.
        """
        with _reasons(), _open_regular(os.path.join(self.root, self.name)) as file:
            _refuse_large(os.fstat(file.fileno()).st_size, most)
            return file.read(most)

    def read_head(self, count: int) -> bytes:
        """Return the first bytes.

        Raises:
            UnreadableError: it cannot be read.
        """
        with _reasons(), _open_regular(os.path.join(self.root, self.name)) as file:
            return file.read(count)


@dataclasses.dataclass(frozen=True, slots=True)
class ZipMember:
    """A file in a zip. Several threads may read at once."""

    name: str
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    archive_stamp: str

    @property
    def stamp(self) -> str:
        """What changes when the file does."""
        return f"{self.archive_stamp} {self.info.file_size} {self.info.CRC}"

    @property
    def place(self) -> tuple[str, int]:
        """Where it lies; reading goes in the order of places."""
        return str(self.archive.filename), self.info.header_offset

    @property
    def in_sequence(self) -> bool:
        """Whether reading out of the order of places is slow beyond reason."""
        return False

    def read(self, most: int = LARGEST_FILE) -> bytes:
        """Return the content.

        Raises:
            UnreadableError: damaged, encrypted, of an unknown method, or larger than `most`.
        """
        _refuse_large(self.info.file_size, most)
        return self.read_head(most)

    def read_head(self, count: int) -> bytes:
        """Return the first bytes.

        Raises:
            UnreadableError: it cannot be read.
        """
        with _reasons(), self.archive.open(self.info) as file:
            return file.read(count)


class OpenTar:
    """The content of a tar, uncompressed, read by one thread at a time.

    Attributes:
        in_sequence: it is compressed, so that going back means starting again at its beginning.
    """

    def __init__(self, path: Path) -> None:
        """Open a tar."""
        self.path = str(path)
        status = os.stat(path)
        self.stamp = f"{status.st_size} {status.st_mtime_ns}"
        opener: Callable[..., Any] = _OPENERS.get(compression_of(path), open)
        self.in_sequence = opener is not open
        self._stream: IO[bytes] = opener(path, "rb")
        self._lock = threading.Lock()

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`."""
        with self._lock:
            self._stream.seek(offset)
            return self._stream.read(size)

    def __del__(self) -> None:
        """Close the file when the last member is forgotten."""
        if hasattr(self, "_stream"):
            self._stream.close()


_HEADS = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz"}
_OPENERS: dict[str, Callable[..., Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}


def compression_of(path: Path) -> str:
    """Return how a file is compressed by its first bytes: `gz`, `bz2`, `xz` or not at all."""
    with path.open("rb") as file:
        head = file.read(max(map(len, _HEADS)))
    return next((kind for start, kind in _HEADS.items() if head.startswith(start)), "")


@dataclasses.dataclass(frozen=True, slots=True)
class TarMember:
    """A file in a tar."""

    name: str
    archive: OpenTar
    offset: int
    size: int

    @property
    def stamp(self) -> str:
        """What changes when the file does."""
        return f"{self.archive.stamp} {self.size} {self.offset}"

    @property
    def place(self) -> tuple[str, int]:
        """Where it lies; reading goes in the order of places."""
        return self.archive.path, self.offset

    @property
    def in_sequence(self) -> bool:
        """Whether reading out of the order of places is slow beyond reason."""
        return self.archive.in_sequence

    def read(self, most: int = LARGEST_FILE) -> bytes:
        """Return the content.

        Raises:
            UnreadableError: the tar is damaged, or the file is larger than `most` bytes.
        """
        _refuse_large(self.size, most)
        data = self.read_head(self.size)
        if len(data) != self.size:
            raise UnreadableError("the tar ends in it")
        return data

    def read_head(self, count: int) -> bytes:
        """Return the first bytes.

        Raises:
            UnreadableError: it cannot be read.
        """
        with _reasons():
            return self.archive.read(self.offset, min(count, self.size))


@contextlib.contextmanager
def _open_regular(path: str) -> Iterator[IO[bytes]]:
    """Open a file that may have become a pipe or a device since it was listed: without waiting.

    Raises:
        UnreadableError: it has.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableError("no file, but a pipe, a device or a folder")
        yield file


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # which Windows does not have


Member = FolderFile | ZipMember | TarMember


def in_reading_order(members: list[Member]) -> list[int]:
    """Return the indices of the members in the order in which reading them is quick."""
    return sorted(range(len(members)), key=lambda index: members[index].place)


@contextlib.contextmanager
def _reasons() -> Iterator[None]:
    """Turn whatever reading can raise into a reason."""
    try:
        yield
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    except (
        EOFError,
        RuntimeError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        # An archive's: damaged, encrypted (RuntimeError), of an unknown method (its subclass).
        raise UnreadableError(str(error) or "the archive ends in it") from error


def _refuse_large(size: int, most: int) -> None:
    if size > most:
        shown = f"{most >> 20} MiB" if most >= 2**20 else f"{most:,} bytes"
        raise UnreadableError(f"over {shown}")
