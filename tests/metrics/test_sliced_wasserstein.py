"""Known answers of the distance, and what it must not depend on."""

import functools

import numpy as np
import pytest

from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.metrics import sliced_wasserstein as module
from catdcgan.metrics.planes import multiply_both_ways
from catdcgan.metrics.sliced_wasserstein import (
    levels_of,
    mean_over_levels,
    sliced_wasserstein,
)


@pytest.fixture(autouse=True)
def few_directions(monkeypatch):
    monkeypatch.setattr(module, "DIRECTIONS", 64)


@functools.cache
def cats(count, first=0, size=32):
    return np.stack([draw_cat(first + index, size) for index in range(count)])


@pytest.mark.parametrize(
    ("size", "levels"),
    [(128, [128, 64, 32, 16]), (16, [16]), (28, [28, 14]), (25, [25, 13]), (8, [8])],
)
def test_the_levels_end_next_to_sixteen_pixels(size, levels):
    assert levels_of(size) == levels


def test_equal_sets_in_another_order_are_at_no_distance():
    assert sliced_wasserstein(cats(20), cats(20)[::-1]) == {32: 0, 16: 0}


def test_the_figures_are_the_same_each_time_whatever_the_global_seed():
    first = sliced_wasserstein(cats(20), cats(20, 20))
    np.random.seed(1)
    assert sliced_wasserstein(cats(20), cats(20, 20)) == first


def test_it_is_symmetric():
    forth, back = (
        mean_over_levels(sliced_wasserstein(*pair))
        for pair in [(cats(20), cats(20, 20)), (cats(20, 20), cats(20))]
    )
    assert forth == pytest.approx(back)


def test_pictures_are_taken_in_chunks_without_a_trace(monkeypatch):
    whole = {
        level: module._describe_level(cats(20), np.arange(20), level) for level in levels_of(32)
    }
    monkeypatch.setattr(module, "CHUNK", 7)
    for level, patches in whole.items():
        found = module._describe_level(cats(20), np.arange(20), level)
        np.testing.assert_allclose(found, patches, atol=1e-4)


def test_a_shifted_gaussian_is_at_the_distance_of_its_means():
    # Along a direction u the means differ by u.d; the mean of |u.d| over directions of K
    # dimensions is |d| sqrt(2 / (pi K)), nearly. Not normalised here, or nothing would be left.
    stream = np.random.default_rng(0)
    reals, fakes = stream.normal(size=(2, 4000, 50)).astype(np.float32)
    shift = np.full(50, 0.5, np.float32)
    expected = 1000 * np.linalg.norm(shift) * np.sqrt(2 / (np.pi * 50))
    assert module._distance(reals, fakes + shift) == pytest.approx(expected, rel=0.1)


def test_the_levels_of_a_pyramid_add_up_to_the_picture():
    planes = np.random.default_rng(0).random((2, 3, 31, 31)).astype(np.float32)
    coarse, fine = module._level_of(planes, 16), module._level_of(planes, 31)
    grown = multiply_both_ways(coarse, 2 * module._blur(31)[:, ::2])
    np.testing.assert_allclose(fine + grown, planes, atol=1e-5)


def test_an_even_area_stays_as_it_is_up_to_the_edges():
    grow = 2 * module._blur(32)[:, ::2]
    np.testing.assert_allclose(module._blur(31).sum(axis=1), 1)
    np.testing.assert_allclose(grow.sum(axis=1), 1)


def test_grey_pictures_have_figures_too():
    assert list(sliced_wasserstein(cats(8, size=28)[..., :1], cats(8, 8, 28)[..., :1])) == [28, 14]


def test_a_set_of_one_colour_is_far_from_cats_and_not_infinitely():
    assert 100 < mean_over_levels(sliced_wasserstein(cats(8), np.zeros_like(cats(8)))) < 10_000


def test_sets_of_different_size_are_refused():
    with pytest.raises(ValueError, match="equal shape"):
        sliced_wasserstein(cats(8), cats(7))
