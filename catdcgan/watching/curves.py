"""The numbers of all steps so far, thinned: they take the same room however many they are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

MOST_POINTS = 2000  # of a curve; more than a page has pixels across


class Curve(NamedTuple):
    """A number over the steps: at each step, or the mean of so many steps up to that one."""

    steps: list[int]
    values: list[float]


class Curves:
    """Curves by name; from `MOST_POINTS` on, each point is the mean of twice as many steps."""

    def __init__(self) -> None:
        """Begin without a point."""
        self._curves: dict[str, _Thinned] = {}

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        """Take in the numbers of a step."""
        for name, value in numbers.items():
            if name not in self._curves:
                self._curves[name] = _Thinned()
            self._curves[name].add(step, value)

    def extend(self, name: str, steps: Sequence[int], values: Sequence[float]) -> None:
        """Take in the numbers of one name, of many steps."""
        self._curves.setdefault(name, _Thinned()).extend(steps, values)

    def __getitem__(self, name: str) -> Curve:
        """Return a curve, an empty one where nothing of the name was taken in."""
        curve = self._curves.get(name)
        return curve.curve() if curve else Curve([], [])


class _Thinned:
    """One curve."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._values: list[float] = []
        self._block = 1  # values a point
        self._count, self._sum, self._step = 0, 0.0, 0  # of the point in the making

    def add(self, step: int, value: float) -> None:
        self._count, self._sum, self._step = self._count + 1, self._sum + value, step
        if self._count == self._block:
            self._steps.append(step)
            self._values.append(self._sum / self._count)
            self._count, self._sum = 0, 0.0
            if len(self._steps) == MOST_POINTS:
                self._halve()

    def extend(self, steps: Sequence[int], values: Sequence[float]) -> None:
        place = 0
        while place < len(steps):
            end = min(place + self._block - self._count - 1, len(steps) - 1)
            # All but the last of a point at once; the last one ends it, or is the last there is.
            self._sum = sum(values[place:end], self._sum)
            self._count += end - place
            self.add(steps[end], values[end])
            place = end + 1

    def curve(self) -> Curve:
        if not self._count:
            return Curve(list(self._steps), list(self._values))
        return Curve([*self._steps, self._step], [*self._values, self._sum / self._count])

    def _halve(self) -> None:
        first, second = self._values[::2], self._values[1::2]
        self._values = [(one + other) / 2 for one, other in zip(first, second, strict=True)]
        self._steps = self._steps[1::2]
        self._block *= 2
