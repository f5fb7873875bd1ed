"""Progress bars of the work around training."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import tqdm

T = TypeVar("T")


def track(items: Iterable[T], total: int, description: str, unit: str = "picture") -> Iterator[T]:
    """Yield the items while a bar, on a terminal, shows how many of `total` are done."""
    # disable=None: no bar where standard error is not a terminal.
    return iter(
        tqdm.tqdm(
            items,
            total=total,
            desc=description,
            unit=unit,
            disable=None,
            leave=False,
            dynamic_ncols=True,
        )
    )
