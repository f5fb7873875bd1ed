"""What may fail without harm to training: said once, and tried again the next time."""

from collections.abc import Callable
from typing import TypeVar

from catdcgan.console.errors import reason_of

T = TypeVar("T")


class Attempts:
    """Calls functions, and tells of those that begin to fail and of those that work again."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Begin; `say` is told one line each time something changes."""
        self._say = say
        self._failing: set[str] = set()

    def attempt(self, what: str, work: Callable[[], T]) -> T | None:
        """Return what `work()` returns, None where it fails; `what` names it in the lines."""
        try:
            result = work()
        # Whatever it is: a full disk, a package that is missing, a mistake in a chart. None of
        # them is worth the training that goes on beside it.
        except Exception as error:
            if what not in self._failing:
                self._failing.add(what)
                self._say(f"{what}: {reason_of(error)}; training goes on, and tries it again")
            return None
        if what in self._failing:
            self._failing.remove(what)
            self._say(f"{what}: works again")
        return result
