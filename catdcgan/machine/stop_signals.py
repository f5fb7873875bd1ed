"""Signals that ask a run to stop: the first lets the running step finish, the second does not.

A Python handler runs only when the running step has returned, which takes tens of seconds on a
processor. The interpreter writes the number of a signal to a wake-up socket at once, though, and
a thread that reads it can answer at once.
"""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator

# SIGHUP: the terminal was closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)


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
def listen_for_stop(say: Callable[[str], None]) -> Iterator[StopRequest]:
    """Turn the signals into a request while the block runs; a second one ends the process.

    Args:
        say: is told at once, from another thread, that the run is about to stop.
    """
    request = StopRequest()
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    previous_wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]  # nohup
    previous = {number: signal.signal(number, lambda *_: None) for number in heard}

    asked: list[signal.Signals] = []

    def listen() -> None:
        while data := reader.recv(1):
            number = signal.Signals(data[0])
            if number not in heard:
                continue
            # A terminal that goes away after the machine has asked is no second wish of anybody's.
            if asked and number != signal.SIGHUP:
                os._exit(128 + number)
            asked.append(number)
            request.ask(number)
            say(f"{number.name}: finishing this step and saving; once more quits without saving")

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous_wakeup)
        writer.close()
        thread.join()
        reader.close()
