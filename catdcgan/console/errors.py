"""The one kind of error that is the user's to settle, and other errors in a few words."""

import errno
import os

# What may have passed when the same command is started again: a full disk, one that is away or
# read-only for a while, a network, a machine with too much to do.
_PASSING = {
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EIO", "EROFS", "EBUSY", "ENODEV", "ENXIO", "EREMOTEIO"),
        *("ESTALE", "ENOTCONN", "ETIMEDOUT", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ENOLINK"),
        *("EHOSTDOWN", "EHOSTUNREACH", "ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "ESHUTDOWN"),
        *("ECOMM", "EADDRINUSE", "ENOMEM", "EAGAIN", "EMFILE", "ENFILE", "ENOBUFS", "ENOLCK"),
    )
    if hasattr(errno, name)  # not every system has each of them
}
# Of TensorFlow's errors: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE.
_PASSING_CODES = {4, 8, 10, 14}


class UserError(Exception):
    """Something the user must settle: its text is one line, `<flag or path>: <found>; <needed>.`

    The commands print that line and exit with 1; any other exception is a bug and shows its
    traceback.
    """


class LostWorkerError(Exception):
    """Another worker of the same training is gone; the text is one line.

    Attributes:
        code: the exit code: 75 where the same command, started again, goes on.
    """

    def __init__(self, text: str, code: int = 75) -> None:
        """Take the line."""
        super().__init__(text)
        self.code = code


def may_pass(error: BaseException | None) -> bool:
    """Tell whether the machine may cure an error, or what it was raised from, by itself."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _PASSING:
            return True
        if hasattr(error, "error_code"):  # of TensorFlow, which wraps what the system said
            said = str(error)
            if error.error_code in _PASSING_CODES or any(os.strerror(n) in said for n in _PASSING):
                return True
        error = error.__cause__
    return False


def first_line_of(error: Exception) -> str:
    """Return the first line of what an error says, its kind where it says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]


def reason_of(error: Exception, most: int = 200) -> str:
    """Return why something failed, in one line of at most about `most` characters."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return type(error).__name__ + (f": {lines[0]}"[:most] if lines else "")
