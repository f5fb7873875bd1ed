import pytest

from catdcgan.watching import curves
from catdcgan.watching.curves import Curves


def filled(count):
    filled = Curves()
    for step in range(1, count + 1):
        filled.add(step, {"a": float(step)})
    return filled


def test_a_short_curve_holds_every_value():
    assert filled(5)["a"] == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


def test_a_curve_of_nothing_is_empty():
    assert Curves()["a"] == ([], [])


def test_a_long_curve_holds_means_and_always_the_last_step(monkeypatch):
    monkeypatch.setattr(curves, "MOST_POINTS", 4)
    assert filled(4)["a"] == ([2, 4], [1.5, 3.5])
    assert filled(7)["a"] == ([2, 4, 6, 7], [1.5, 3.5, 5.5, 7])
    assert filled(9)["a"] == ([4, 8, 9], [2.5, 6.5, 9])


@pytest.mark.parametrize("count", [10_000, 123_456])
def test_however_long_it_takes_the_same_room(count):
    steps, values = filled(count)["a"]
    assert len(steps) == len(values) <= curves.MOST_POINTS
    assert steps[-1] == count


def test_curves_may_have_values_at_different_steps():
    both = Curves()
    both.add(1, {"a": 1.0})
    both.add(2, {"a": 2.0, "b": 5.0})
    assert both["b"] == ([2], [5.0])
