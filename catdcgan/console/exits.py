"""How a command ends.

Exit codes: 0 finished; 1 something the user must settle, in one line; 75 stopped by a signal
with everything saved; 128 + n quit by a second signal; 70 a bug, with its traceback.
"""

import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable

EXIT_STOPPED = 75  # EX_TEMPFAIL of sysexits.h: the same command continues
EXIT_BUG = 70  # EX_SOFTWARE


def run(command: Callable[[Sequence[str]], int], arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; the user's mistakes become one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal has no letters for
            stream.reconfigure(errors="backslashreplace")
    # An exception, so that what was begun is ended in order: workers, temporary files.
    previous = signal.signal(signal.SIGTERM, _exit_in_order)
    try:
        return command(sys.argv[1:] if arguments is None else arguments)
    except UserError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT  # before there was anything to save
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            name = os.fsdecode(error.filename)
            _complain(
                f"{name}: {error.strerror}; room, and the right to read and write it, are needed."
            )
            return 1
        # Not Python's own exit code for it, which is 1: that one means a mistake of the user's.
        traceback.print_exc()
        return EXIT_BUG
    finally:
        signal.signal(signal.SIGTERM, previous)


def _complain(message: str) -> None:
    print(printable(message), file=sys.stderr)


def _exit_in_order(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
