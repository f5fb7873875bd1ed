"""Signals that ask a run to stop: the first lets the running step finish, a second one does not.

A Python handler runs only when the running step has returned, which takes tens of seconds on a
processor. The interpreter writes the number of a signal to a wake-up socket at once, though, and
a thread that reads it can answer at once.

One wish may come as several signals: a job manager sends one to every process of a job, and the
supervisor passes its own on; another sends SIGTERM and SIGINT. What comes within
`SECONDS_OF_ONE_WISH` of the first is no second wish.
"""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# SIGHUP: the terminal was closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)
SECONDS_OF_ONE_WISH = 2.0


class StoppedEarly(BaseException):
    """A signal arrived while nobody listened: there is nothing to save yet, or no more.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: signal.Signals) -> None:
        """Take the signal."""
        super().__init__(number.name)
        self.number = number


class StopRequest:
    """Whether, and by which signal, the run was asked to stop."""

    number: signal.Signals | None = None

    def ask(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask the run to stop."""
        self.number = self.number or number

    def __bool__(self) -> bool:
        """Tell whether the run should stop."""
        return self.number is not None


@contextlib.contextmanager
def raise_early() -> Iterator[None]:
    """Turn the signals into StoppedEarly while the block runs, where nobody listens for them."""
    _early.clear()
    previous = {number: signal.signal(number, _raise_early) for number in _heard()}
    try:
        yield
    finally:
        _restore(previous)


@contextlib.contextmanager
def listen_for_stop(say: Callable[[str], None]) -> Iterator[StopRequest]:
    """Turn the signals into a request while the block runs; a second wish ends the process.

    Args:
        say: is told at once, from another thread, that the run is about to stop.
    """
    request = StopRequest()
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    previous_wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    heard = _heard()
    previous = {number: signal.signal(number, lambda *_: None) for number in heard}

    def stop_at(number: signal.Signals) -> float:
        request.ask(number)
        say(f"{number.name}: finishing this step and saving; once more quits without saving")
        return time.monotonic()

    def listen() -> None:
        first = None
        # Its exception was lost: what is raised inside a callback of another library may be.
        for number in _early[:1]:
            first = stop_at(number)
        while data := reader.recv(1):
            number = signal.Signals(data[0])
            if number not in heard:
                continue
            if first is None:
                first = stop_at(number)
            # A terminal that goes away after the machine has asked is no second wish of anybody's.
            elif number != signal.SIGHUP and time.monotonic() - first > SECONDS_OF_ONE_WISH:
                os._exit(128 + number)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield request
    finally:
        _restore(previous)
        signal.set_wakeup_fd(previous_wakeup)
        writer.close()
        thread.join()
        reader.close()


_early: list[signal.Signals] = []  # that were caught while nobody listened, and when the first was
_early_since = 0.0


def _raise_early(number: int, frame: object) -> None:
    global _early_since
    _early.append(signal.Signals(number))
    if len(_early) == 1:
        _early_since = time.monotonic()
        raise StoppedEarly(_early[0])
    if time.monotonic() - _early_since > SECONDS_OF_ONE_WISH:
        os._exit(128 + number)


def _heard() -> list[signal.Signals]:
    """Return the signals that are not ignored, as `nohup` lets SIGHUP be."""
    return [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]


def _restore(previous: Mapping[signal.Signals, Any]) -> None:
    for number, handler in previous.items():
        signal.signal(number, handler)
