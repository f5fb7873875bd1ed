import threading

import pytest

from catdcgan.training.prefetch import Prefetcher


def test_what_is_made_comes_in_the_order_of_the_steps():
    with Prefetcher(lambda step: step * step, range(3, 20)) as made:
        assert list(made) == [(step, step * step) for step in range(3, 20)]


def test_it_is_made_ahead_of_its_use_and_not_farther():
    making, ready = [], threading.Event()

    def make(step):
        making.append((step, threading.current_thread()))
        if step == 2:
            ready.set()
        return step

    with Prefetcher(make, range(100), ahead=2) as made:
        assert next(iter(made)) == (0, 0)
        assert ready.wait(10)
    steps = [step for step, _ in making]
    assert steps == [0, 1, 2]
    assert threading.current_thread() not in [thread for _, thread in making]


def test_an_error_is_raised_where_the_step_is_used():
    def make(step):
        if step == 1:
            raise ValueError("no step 1")
        return step

    with Prefetcher(make, range(5)) as made:
        steps = iter(made)
        assert next(steps) == (0, 0)
        with pytest.raises(ValueError, match="no step 1"):
            next(steps)


def test_leaving_it_early_ends_its_thread():
    before = threading.active_count()
    with Prefetcher(lambda step: step, range(1000)) as made:
        next(iter(made))
    assert threading.active_count() == before


def test_without_steps_there_is_nothing():
    with Prefetcher(lambda step: step, range(0)) as made:
        assert list(made) == []
