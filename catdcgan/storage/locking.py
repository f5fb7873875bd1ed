"""One process at a time: the system's locks on files, which end with their process."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO


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
        OSError: there are no locks, and they are needed.
    """
    with open(path, "a+b", buffering=0) as file:
        try:
            import fcntl  # here, because not every system has it

            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise HeldError(file.read()) from error
        except (ImportError, OSError):
            if needed:
                raise
        yield file
