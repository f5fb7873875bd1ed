"""Progress of the work around training: a bar on a terminal, plain lines elsewhere, or nothing."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import tqdm

T = TypeVar("T")
SECONDS_BETWEEN_LINES = 30

_quiet = False  # of the process, which has one terminal


@contextlib.contextmanager
def quietly(quiet: bool = True) -> Iterator[None]:
    """Show no progress while the block runs, if `quiet`."""
    global _quiet
    before, _quiet = _quiet, _quiet or quiet
    try:
        yield
    finally:
        _quiet = before


def tell(text: str) -> None:
    """Print a line, unless it is to be quiet."""
    if not _quiet:
        print(text)


def track(items: Iterable[T], total: int, description: str, unit: str = "picture") -> Iterator[T]:
    """Yield the items while it is shown how many of `total` are done."""
    if _quiet:
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
