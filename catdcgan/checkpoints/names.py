"""The names of variables in a checkpoint: an interface, never to be changed."""

import re
from collections.abc import Iterable

SUFFIX = "ExponentialMovingAverage"
ADAM_NAMES = re.compile(r"/Adam(_1)?$|^beta[12]_power(_1)?$")


def average_name(name: str) -> str:
    """Return the name of a variable's average."""
    return f"{name}/{SUFFIX}"


def has_averages(names: Iterable[str]) -> bool:
    """Tell whether a checkpoint with these names holds averages."""
    return any(name.endswith(f"/{SUFFIX}") for name in names)
