"""The random features, and with them what every metric is for: worse pictures, worse figures."""

import functools

import numpy as np
import pytest
from PIL import Image, ImageFilter

from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.metrics import embedding, sliced_wasserstein
from catdcgan.metrics.distances import compare_neighbourhoods, frechet_distance, kernel_distance
from catdcgan.metrics.embedding import embed
from catdcgan.metrics.sliced_wasserstein import mean_over_levels

COUNT = 80


@functools.cache
def cats(first=0):
    return np.stack([draw_cat(first + index, 32) for index in range(COUNT)])


def blurred(radius):
    blur = ImageFilter.GaussianBlur(radius)
    return np.stack([np.asarray(Image.fromarray(cat).filter(blur)) for cat in cats(COUNT)])


def noisy(deviation):
    noise = np.random.default_rng(0).normal(0, deviation, cats().shape)
    return np.clip(cats(COUNT) + noise, 0, 255).astype(np.uint8)


def of_few_modes(share):
    return np.repeat(cats(COUNT)[: COUNT // share], share, axis=0)


@functools.cache
def features(make=None, amount=0):
    return embed(make(amount) if make else cats())


METRICS = {
    "frechet": lambda make, amount: frechet_distance(features(), features(make, amount)),
    "kernel": lambda make, amount: kernel_distance(features(), features(make, amount)),
    "coverage": lambda make, amount: (
        -compare_neighbourhoods(features(), features(make, amount)).coverage
    ),
    "sliced Wasserstein": lambda make, amount: mean_over_levels(
        sliced_wasserstein.sliced_wasserstein(cats(), make(amount))
    ),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("make", "amounts"),
    [(blurred, (0, 1, 2, 4)), (noisy, (0, 30, 60, 90)), (of_few_modes, (1, 5, 20, 80))],
)
def test_worse_pictures_have_worse_figures(metric, make, amounts, monkeypatch):
    monkeypatch.setattr(sliced_wasserstein, "DIRECTIONS", 64)
    found = [METRICS[metric](make, amount) for amount in amounts]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_recall_falls_with_the_number_of_modes_and_precision_does_not():
    found = [
        compare_neighbourhoods(features(), features(of_few_modes, share)) for share in (1, 5, 20)
    ]
    assert found[0].recall > found[-1].recall
    assert found[-1].precision > found[0].precision - 0.1


def test_the_features_are_those_written_down():
    # To rounding the same on every machine; anything else needs a new VERSION.
    picture = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(1, 32, 32, 3)
    found = embed(picture)
    assert found.shape == (1, embedding.FEATURES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found[0, ::100],
        [0.177879, 0.0346781, 0.0959053, 0.0906204, 0.356334, -0.0704058, -0.0446967],
        rtol=1e-4,
    )


def test_a_picture_has_the_same_features_whatever_it_is_embedded_with(monkeypatch):
    monkeypatch.setattr(embedding, "CHUNK", 7)
    np.testing.assert_allclose(embed(cats()), features(), rtol=1e-4, atol=1e-5)


def test_grey_pictures_have_the_features_of_grey_in_colour():
    grey = cats()[:2, ..., :1]
    np.testing.assert_allclose(embed(grey), embed(np.repeat(grey, 3, axis=-1)), rtol=1e-5)


def test_the_filters_are_orthogonal():
    for weights in embedding._weights():
        flat = weights.reshape(-1, weights.shape[-1])
        np.testing.assert_allclose(flat.T @ flat, 2 * np.eye(flat.shape[1]), atol=1e-5)
