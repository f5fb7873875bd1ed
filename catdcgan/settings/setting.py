"""What a setting is: a dataclass field that knows its help, its check and its heading.

The commands' flags, their checks, `--help`, the README's table and `run.json` are all derived
from such fields, so that nothing about a setting is written twice.
"""

import dataclasses
import re
import typing
from collections.abc import Callable
from typing import Any

from catdcgan.console.errors import UserError

QUIET = "show nothing but what is wrong"  # the help of --quiet, which is each command's

Check = Callable[[Any], str | None]
"""Returns what is needed where a value is wrong, None where it is right."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is known of a setting besides its name, type and default.

    Attributes:
        help: one line for `--help` and the README.
        group: the heading under which both show it.
        check: says what is needed where a value is wrong; None itself is never checked.
        flag: whether it can be given on the command line; the others are the presets' own.
        fixed: whether a run keeps it from its first step to its last.
        lasting: whether a run that goes on keeps it until it is told otherwise.
    """

    help: str
    group: str
    check: Check | None = None
    flag: bool = True
    fixed: bool = False
    lasting: bool = True


def setting(default: Any, help: str, group: str, **options: Any) -> Any:
    """Return a dataclass field with this default and the metadata of a `Setting`."""
    known = Setting(help=help, group=group, **options)
    return dataclasses.field(default=default, metadata={"setting": known})


def settings_of(config_class: type) -> dict[str, Setting]:
    """Return the settings of a dataclass by name, in the order of its fields."""
    return {field.name: field.metadata["setting"] for field in dataclasses.fields(config_class)}


def type_of(config_class: type, name: str) -> type:
    """Return the type of a setting's values (bool, int, float or str); `| None` is dropped."""
    annotation = typing.get_type_hints(config_class)[name]
    kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    return kinds[0] if kinds else annotation


def is_of_type(config_class: type, name: str, value: Any) -> bool:
    """Tell whether a value, as JSON holds it, is of the type that a setting has."""
    if value is None:
        return type(None) in typing.get_args(typing.get_type_hints(config_class)[name])
    kind = type_of(config_class, name)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind


def check_each(config: Any) -> None:
    """Check every value of a dataclass of settings.

    Raises:
        UserError: a value is wrong; the text names the flag, the value and what is needed.
    """
    for name, known in settings_of(type(config)).items():
        value = getattr(config, name)
        needed = known.check(value) if known.check and value is not None else None
        if needed:
            raise UserError(f"--{name}: {value}; {needed}.")


def between(low: float, high: float, *, above: bool = False, below: bool = False) -> Check:
    """Return a check for `low <= value <= high`, strictly `above` or `below` where asked."""

    def check(value: float) -> str | None:
        # Written so that nan, which compares false with everything, is wrong.
        if low <= value <= high and not (above and value == low) and not (below and value == high):
            return None
        return (
            f"it needs to be {'above' if above else 'at least'} {low:,} "
            f"and {'below' if below else 'at most'} {high:,}"
        )

    return check


def one_of(*values: Any) -> Check:
    """Return a check for membership."""
    needed = f"it needs to be one of {', '.join(map(str, values))}"
    return lambda value: None if value in values else needed


def read_by(parse: Callable[[str], object]) -> Check:
    """Return a check by a function that raises ValueError with what is needed, in words."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except ValueError as error:
            return str(error)
        return None

    return check


def parse_grid(text: str) -> tuple[int, int]:
    """Return (rows, columns) of a text such as `8x8`.

    Raises:
        ValueError: it is not one of 1 to 64 each; what is needed, in words.
    """
    match = re.fullmatch(r"(\d{1,2})x(\d{1,2})", text)
    rows, columns = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= rows <= 64 and 1 <= columns <= 64):
        raise ValueError("it needs rows x columns, from 1x1 to 64x64, such as 8x8")
    return rows, columns


a_grid = read_by(parse_grid)
