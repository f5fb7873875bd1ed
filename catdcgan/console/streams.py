"""Standard streams that are closed, or whose reader goes away.

What is said is never worth the work that it tells of: what cannot be written to standard error is
dropped, and so is what cannot be written to standard output once a command has work to do that
leaves files. A command that only tells, such as a list, ends where nobody reads it.
"""

import contextlib
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Make the standard streams fit for a command, and leave them as they were."""
    _open_closed_ones()
    with contextlib.ExitStack() as restored:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            restored.callback(setattr, sys, name, stream)
            number = ("stdout", "stderr").index(name) + 1
            if stream is None:
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
            elif isinstance(stream, io.TextIOWrapper) and _number_of(stream) == number:
                new = _wrap(stream, number, drops=name == "stderr")
                setattr(sys, name, new)
                restored.callback(_let_go, new)
        yield


def outlive_readers() -> None:
    """From now on drop what cannot be written to standard output: there is work to do."""
    raw = _raw_of(sys.stdout)
    if raw is not None:
        raw.drops = True


def failure_of_output() -> OSError | None:
    """Return why standard output took not all that it should have taken, None where it did."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    raw = _raw_of(sys.stdout)
    return raw.failure if raw is not None else None


class _Raw(io.RawIOBase):
    """Writes to a file descriptor.

    Attributes:
        drops: what cannot be written is forgotten, and no error.
        failure: the last error that was one.
    """

    def __init__(self, number: int, drops: bool) -> None:
        self._number, self.drops = number, drops
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, data: Any) -> int:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._number, rest) :]
            except BlockingIOError:  # a pipe that somebody has told not to wait
                select.select((), (self._number,), ())
            except OSError as error:
                if not self.drops:
                    self.failure = error
                    raise
                break
        return len(data)


def _wrap(stream: io.TextIOWrapper, number: int, drops: bool) -> io.TextIOWrapper:
    with contextlib.suppress(OSError):
        stream.flush()
    raw = _Raw(number, drops)
    buffer: Any = raw if stream.write_through else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer,
        encoding=stream.encoding,
        errors="backslashreplace",  # a name that the terminal has no letters for
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _let_go(stream: io.TextIOWrapper) -> None:
    """Write what is left of a stream, or forget it."""
    raw = _raw_of(stream)
    if raw is not None:
        raw.drops = True
    stream.flush()


def _raw_of(stream: Any) -> _Raw | None:
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    return raw if isinstance(raw, _Raw) else None


def _number_of(stream: io.TextIOWrapper) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _open_closed_ones() -> None:
    """Open the null device where a standard stream is closed: the next file would take its place.

    What the system's libraries write to standard error would then end up in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
