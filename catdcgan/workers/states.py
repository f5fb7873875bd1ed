"""What each worker says of itself with every heartbeat, as one number."""

from typing import NamedTuple

AT_WORK = 0
_ENDED, _LEFT_EARLY = 1000, 2000  # and the exit code


class State(NamedTuple):
    """A worker's state.

    Attributes:
        ended: it has nothing left to do.
        early: it ended before the others could know.
        code: its exit code, where it has ended.
    """

    ended: bool = False
    early: bool = False
    code: int = 0

    def as_number(self) -> int:
        """Return it as what travels."""
        if not self.ended:
            return AT_WORK
        return (_LEFT_EARLY if self.early else _ENDED) + self.code


def parse_state(number: int) -> State:
    """Return the state that a number means."""
    if number == AT_WORK:
        return State()
    early = number >= _LEFT_EARLY
    return State(True, early, number - (_LEFT_EARLY if early else _ENDED))
