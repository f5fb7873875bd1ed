"""One process at a time: the system's locks on files, which end with their process."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# How a file system says that it knows no locks; NFS and FUSE have several ways.
_NO_LOCKS = {
    errno.ENOSYS,
    errno.ENOLCK,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,
    errno.EINVAL,
    errno.ENOTTY,
}


class NoLocksError(OSError):
    """The system, or the disk, has no locks."""


class HeldError(Exception):
    """Another process holds the lock.

    Attributes:
        content: what it has written into the file.
    """

    def __init__(self, content: bytes) -> None:
        """Take what the other process has written."""
        super().__init__("held by another process")
        self.content = content


@contextlib.contextmanager
def hold(path: str | Path, *, wait: bool = False, needed: bool = True) -> Iterator[IO[bytes]]:
    """Hold the lock that a local file stands for while the block runs; the file is handed to it.

    The file stays: a second process could lock a removed one, and a third the next of its name.

    Args:
        wait: until nobody else holds it.
        needed: without it the block runs unlocked where the system, or the disk, has no locks.

    Raises:
        HeldError: another process holds it, and `wait` is false.
        NoLocksError: there are none, and they are needed.
        OSError: the file cannot be opened, or not be locked for another reason.
    """
    with open(path, "a+b", buffering=0) as file:
        try:
            _lock(file, wait)
        except BlockingIOError:
            file.seek(0)
            raise HeldError(file.read()) from None  # nothing has failed that may pass
        except OSError as error:
            if needed:
                kind = NoLocksError if error.errno in _NO_LOCKS else OSError
                raise kind(error.errno, error.strerror, str(path)) from error
        yield file


def _lock(file: IO[bytes], wait: bool) -> None:
    try:
        import fcntl  # here, because not every system has it
    except ImportError as error:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from error
    fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
