"""Planted copies are found, fresh pictures are not taken for copies."""

import functools

import numpy as np
import pytest
from PIL import Image, ImageFilter

from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.metrics import nearest
from catdcgan.metrics.nearest import find_nearest, rate_of_copies, threshold_of

TRAINING, FRESH = 160, 40


@functools.cache
def cats(first, count):
    return np.stack([draw_cat(first + index, 32) for index in range(count)])


@functools.cache
def threshold():
    return threshold_of(find_nearest(training(), training(), np.arange(TRAINING)).nearness)


def training():
    return cats(0, TRAINING)


def fresh():
    return cats(TRAINING, FRESH)


def rate(pictures):
    return rate_of_copies(find_nearest(pictures, training()).nearness, threshold())


def blurred_and_noisy(pictures):
    blur = ImageFilter.GaussianBlur(0.7)
    soft = np.stack([np.asarray(Image.fromarray(picture).filter(blur)) for picture in pictures])
    noise = np.random.default_rng(0).normal(0, 8, soft.shape)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def test_the_nearest_of_a_training_picture_is_itself():
    found = find_nearest(training()[7:9], training())
    assert found.indices[:, 0].tolist() == [7, 8]
    assert found.distances[:, 0].tolist() == [0, 0]
    assert not found.mirrored[:, 0].any()


def test_a_mirrored_copy_is_found_and_named_so():
    found = find_nearest(training()[7:9, :, ::-1], training())
    assert found.indices[:, 0].tolist() == [7, 8]
    assert found.distances[:, 0] == pytest.approx(0, abs=1e-3)
    assert found.mirrored[:, 0].all()


def test_distances_are_in_units_of_pixels():
    grey = np.full((1, 28, 28, 1), 100, np.uint8)
    assert find_nearest(grey, grey + np.uint8(7)).distances[0, 0] == pytest.approx(7, rel=1e-4)


def test_a_picture_is_not_its_own_neighbour_where_it_is_one_of_the_set():
    own = np.arange(TRAINING)
    found = find_nearest(training(), training(), own)
    assert (found.indices != own[:, None]).all()
    assert found.distances.min() > 0
    assert np.isfinite(find_nearest(training()[:3], training()[:3], own[:3]).distances).all()


@pytest.mark.parametrize("change", [lambda x: x, lambda x: x[:, :, ::-1], blurred_and_noisy])
def test_copies_are_found(change):
    assert rate(change(training()[:40])) > 0.9


def test_a_share_of_copies_is_that_share():
    planted = np.concatenate([training()[:10], fresh()[:30]])
    assert rate(planted) == pytest.approx(0.25, abs=0.05)


def test_fresh_pictures_are_no_copies():
    assert rate(fresh()) < 0.06


def test_means_of_pictures_are_no_copies_though_they_are_nearer():
    means = fresh().reshape(8, 5, 32, 32, 3).mean(axis=1).astype(np.uint8)
    near, far = (find_nearest(pictures, training()) for pictures in (means, fresh()))
    assert np.median(near.distances[:, 0]) < np.median(far.distances[:, 0])
    assert rate_of_copies(near.nearness, threshold()) == 0


def test_a_tenth_of_duplicates_among_the_reals_hardly_moves_the_threshold():
    usual = find_nearest(training(), training(), np.arange(TRAINING)).nearness
    with_duplicates = np.concatenate([usual, np.full(len(usual) // 9, 0.05)])
    assert threshold_of(with_duplicates) == pytest.approx(threshold_of(usual), rel=0.15)


def test_blocks_leave_no_trace(monkeypatch):
    whole = find_nearest(fresh(), training())
    monkeypatch.setattr(nearest, "BLOCK", 37)
    monkeypatch.setattr(nearest, "ROWS", 11)
    parts = find_nearest(fresh(), training())
    assert (parts.indices[:, :5] == whole.indices[:, :5]).all()
    np.testing.assert_allclose(parts.distances, whole.distances, rtol=1e-3)


@pytest.mark.parametrize("size", [8, 16, 28, 64, 100])
def test_shrinking_keeps_the_mean_and_the_symmetry(size):
    areas = nearest._areas(size)
    np.testing.assert_allclose(areas.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(areas, areas[::-1, ::-1], atol=1e-6)
