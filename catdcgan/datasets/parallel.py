"""Work spread over all cores, with a bound on what is under way."""

import collections
import concurrent.futures
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 8  # items under way for each core: enough to even out large and small ones


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_on_all_cores(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield `work(item)` for each item, in their order.

    The items are drawn in the calling thread and only a few ahead, so that neither they nor the
    results pile up in memory. Threads are enough: Pillow decodes, resizes and encodes outside the
    interpreter's lock.
    """
    cores = count_cores()
    pending: collections.deque[concurrent.futures.Future[R]] = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) > AHEAD * cores:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
