"""Files that a full disk refuses wait in memory, and are written as soon as it takes them."""

from collections.abc import Callable

from catdcgan.storage import files


class Outbox:
    """Writes files in the order they come; one that fails holds up those after it, in memory."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Begin empty; `say` is told once each time the disk begins to refuse."""
        self._say = say
        self._waiting: list[tuple[str, bytes]] = []

    def write(self, path: str, data: bytes) -> None:
        """Write a file now or later."""
        was_empty = not self._waiting
        self._waiting.append((path, data))
        try:
            self.deliver()
        except OSError as error:
            if was_empty:
                self._say(f"{path}: {error.strerror}; kept in memory until it can be written")

    def deliver(self) -> None:
        """Write what waits.

        Raises:
            OSError: it still cannot be written.
        """
        while self._waiting:
            files.write_atomically(*self._waiting[0])
            del self._waiting[0]
