"""How a command ends.

| exit code | meaning |
|---|---|
| 0 | finished |
| 1 | something the user must settle, in one line |
| 70 | a bug, with its traceback |
| 74 | of a training, something that may pass by itself, in one line: a full disk |
| 75 | stopped by a signal with everything saved, or a worker is lost: the same command goes on |
| 128 + n | quit by signal n; 141 where nobody reads any more what a command lists |
"""

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence

from catdcgan.console.errors import LostWorkerError, UserError, may_pass
from catdcgan.console.streams import failure_of_output, standard_streams
from catdcgan.console.words import printable
from catdcgan.machine import stop_signals
from catdcgan.machine.home import provide_home
from catdcgan.machine.tensorflow_import import UnsupportedProcessorError

EXIT_FINISHED = 0
EXIT_USER = 1
# Of sysexits.h: EX_SOFTWARE, EX_IOERR, EX_TEMPFAIL.
EXIT_BUG = 70
EXIT_MAY_PASS = 74
EXIT_STOPPED = 75

Command = Callable[[Sequence[str]], int]


def run(command: Command, arguments: Sequence[str] | None, *, goes_on: bool = False) -> int:
    """Run a command and return its exit code; the user's mistakes become one line.

    Args:
        arguments: those of the process where none are given; it ends after this command then.
        goes_on: the same command goes on after any signal, so that one that comes before there is
            anything to save has stopped it like one that comes later; and whoever starts it
            again is told of what may pass by itself.
    """
    provide_home()
    ends_process = arguments is None
    with standard_streams():
        with _signals_raise(goes_on):
            code = _code_of(command, sys.argv[1:] if arguments is None else arguments, goes_on)
        if ends_process and _is_main_thread():
            for number in stop_signals.SIGNALS:  # the ending has its code, whatever comes now
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, lambda *_: os._exit(code))
    return code


def _code_of(command: Command, arguments: Sequence[str], goes_on: bool) -> int:
    try:
        code = command(arguments)
        return _end_of_telling(goes_on) or code
    except (UserError, UnsupportedProcessorError) as error:
        _complain(str(error))
        return EXIT_MAY_PASS if goes_on and may_pass(error) else EXIT_USER
    except LostWorkerError as error:
        _complain(str(error))
        return error.code
    except stop_signals.StoppedEarly as stop:
        _complain(f"{stop.number.name}: stopped; the same command goes on where this one was")
        return EXIT_STOPPED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SystemExit:  # of --help, or of a signal
        if code := _end_of_telling(goes_on):
            return code
        raise
    except Exception as error:
        if isinstance(error, OSError) and (code := _end_of_telling(goes_on)):
            return code
        if isinstance(error, OSError) and error.filename is not None:
            name = os.fsdecode(error.filename)
            _complain(
                f"{name}: {error.strerror}; room, and the right to read and write it, are needed."
            )
            return EXIT_MAY_PASS if goes_on and may_pass(error) else EXIT_USER
        # Not Python's own exit code for it, which is 1: that one means a mistake of the user's.
        traceback.print_exc()
        return EXIT_BUG


def _end_of_telling(goes_on: bool) -> int:
    """Return the exit code where standard output did not take all, 0 where it did."""
    error = failure_of_output()
    if error is None:
        return 0
    if isinstance(error, BrokenPipeError):
        return 128 + signal.SIGPIPE  # as a shell tells of a program that knows nothing of pipes
    _complain(f"standard output: {error.strerror}; a place that takes it is needed.")
    return EXIT_MAY_PASS if goes_on and may_pass(error) else EXIT_USER


@contextlib.contextmanager
def _signals_raise(goes_on: bool) -> Iterator[None]:
    """Turn signals into exceptions, so that what was begun is ended in order."""
    if not _is_main_thread():
        yield  # only that one can say what a signal does
    elif goes_on:
        with stop_signals.raise_early():
            yield
    else:
        heard = [
            number
            for number in (signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) != signal.SIG_IGN
        ]
        previous = {number: signal.signal(number, _exit_in_order) for number in heard}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _complain(message: str) -> None:
    print(printable(message), file=sys.stderr)


def _exit_in_order(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
