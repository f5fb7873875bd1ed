"""Progress of the work around training: a bar on a terminal, plain lines elsewhere, or nothing."""

import contextlib
import contextvars
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import tqdm

T = TypeVar("T")
SECONDS_BETWEEN_LINES = 30

_speaks: contextvars.ContextVar[bool] = contextvars.ContextVar("speaks", default=False)


@contextlib.contextmanager
def speaking(wanted: bool = True) -> Iterator[None]:
    """Show lines and progress while the block runs, if `wanted`; elsewhere nothing is shown.

    Commands speak; whoever calls the same functions from a program is left in peace.
    """
    token = _speaks.set(wanted)
    try:
        yield
    finally:
        _speaks.reset(token)


def tell(text: str) -> None:
    """Print a line, where the program speaks."""
    if _speaks.get():
        print(text)


def track(items: Iterable[T], total: int, description: str, unit: str = "picture") -> Iterator[T]:
    """Yield the items while it is shown how many of `total` are done."""
    if not _speaks.get():
        return iter(items)
    if not sys.stderr.isatty():
        return _with_lines(items, total, description)
    return iter(
        tqdm.tqdm(items, total=total, desc=description, unit=unit, leave=False, dynamic_ncols=True)
    )


def _with_lines(items: Iterable[T], total: int, description: str) -> Iterator[T]:
    """Yield the items, and write a line now and then; work that is done soon says nothing."""
    shown = time.monotonic()
    for done, item in enumerate(items, 1):
        now = time.monotonic()
        if now - shown >= SECONDS_BETWEEN_LINES:
            shown = now
            with contextlib.suppress(OSError):  # nobody reads any more
                print(f"{description}: {done:,}/{total:,}", file=sys.stderr, flush=True)
        yield item
