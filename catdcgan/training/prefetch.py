"""What the next steps need is made while the current one runs."""

import collections
import concurrent.futures
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
AHEAD = 2  # steps


class Prefetcher(Generic[T]):
    """Makes things for a row of steps in a thread of its own, a few ahead, in their order.

    What is made is exactly what `make(step)` returns; only when it is made differs.

        with Prefetcher(make_feed, range(step, last_step)) as feeds:
            for step, feed in feeds:
                session.run(..., feed)
    """

    def __init__(self, make: Callable[[int], T], steps: Iterable[int], ahead: int = AHEAD) -> None:
        """Begin to make things.

        Args:
            make: is called with a step, in the other thread.
            ahead: how many things are ready or in the making besides the one in use.

        Attributes:
            waited: seconds that the latest thing was waited for.
        """
        self.waited = 0.0
        self._make, self._steps = make, iter(steps)
        self._pool = concurrent.futures.ThreadPoolExecutor(1, "prefetch")
        self._pending: collections.deque[tuple[int, concurrent.futures.Future[T]]]
        self._pending = collections.deque()
        for _ in range(ahead):
            self._begin_next()

    def __iter__(self) -> Iterator[tuple[int, T]]:
        """Yield each step and what was made for it; what `make` raised is raised here."""
        while self._pending:
            step, future = self._pending.popleft()
            began = time.monotonic()
            made = future.result()
            self.waited = time.monotonic() - began
            self._begin_next()
            yield step, made

    def close(self) -> None:
        """Stop making things; return when the thread has ended."""
        for _, future in self._pending:
            future.cancel()
        self._pending.clear()
        self._pool.shutdown()

    def __enter__(self) -> "Prefetcher[T]":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop making things."""
        self.close()

    def _begin_next(self) -> None:
        for step in self._steps:
            self._pending.append((step, self._pool.submit(self._make, step)))
            return
