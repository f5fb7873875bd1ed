"""Work spread over all cores, with a bound on what is under way."""

import collections
import concurrent.futures
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
CHUNK = 8  # items a task: handing over one by one costs as much as decoding a small picture
AHEAD = 3  # tasks under way for each core: enough to even out large and small items


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
    if cores == 1:
        yield from map(work, items)  # a second thread would only take turns with this one
        return
    rest = iter(items)
    pending: collections.deque[concurrent.futures.Future[list[R]]] = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        try:
            while chunk := list(itertools.islice(rest, CHUNK)):
                pending.append(pool.submit(_work_all, work, chunk))
                if len(pending) > AHEAD * cores:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _work_all(work: Callable[[T], R], chunk: list[T]) -> list[R]:
    return [work(item) for item in chunk]
