import dataclasses

import pytest

from catdcgan.console.errors import UserError
from catdcgan.settings.setting import (
    a_grid,
    between,
    check_each,
    is_of_type,
    one_of,
    parse_grid,
    setting,
    type_of,
)


@dataclasses.dataclass(frozen=True)
class Example:
    width: int = setting(3, "a width", "Sizes", check=between(1, 5))
    name: str | None = setting(None, "a name", "Names", check=one_of("a", "b"))


def test_a_value_out_of_range_is_refused_by_name():
    with pytest.raises(UserError, match=r"^--width: 6; it needs to be at least 1 and at most 5\.$"):
        check_each(Example(width=6))


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        *(
            ("width", 3, True),
            ("width", 3.0, False),
            ("width", True, False),
            ("width", None, False),
        ),
        *(("name", "c", True), ("name", None, True), ("name", ["a"], False)),
    ],
)
def test_a_recorded_value_has_the_type_of_its_setting(name, value, fits):
    assert is_of_type(Example, name, value) is fits


def test_a_value_that_is_not_given_is_not_checked():
    check_each(Example(name=None))


def test_a_choice_is_one_of_its_values():
    with pytest.raises(UserError, match="one of a, b"):
        check_each(Example(name="c"))


def test_an_open_interval_excludes_its_ends():
    check = between(0, 1, above=True, below=True)
    assert check(0) is not None
    assert check(1) is not None
    assert check(0.5) is None


def test_nan_is_in_no_interval():
    assert between(0, 1)(float("nan")) is not None


def test_the_type_of_an_optional_setting_is_that_of_its_values():
    assert type_of(Example, "name") is str


@pytest.mark.parametrize("text", ["8", "0x8", "8x65", "x", "8x8x8", "-1x2"])
def test_what_is_no_grid_is_refused(text):
    assert a_grid(text) is not None


def test_a_grid_is_rows_by_columns():
    assert parse_grid("2x3") == (2, 3)
