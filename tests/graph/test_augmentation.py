import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph.augmentation import KINDS, augment
from catdcgan.randomness.keys import fold_in_text
from catdcgan.settings.config import AUGMENTATIONS

v1 = tf.compat.v1
PICTURES = np.random.default_rng(0).uniform(-1, 1, (64, 16, 16, 3)).astype(np.float32)


def augmented(*kinds, pictures=PICTURES, key=(1, 2)):
    with tf.Graph().as_default(), v1.Session() as session:
        images = tf.constant(pictures)
        return session.run(augment(images, kinds, tf.constant(key, tf.int64)))


def test_every_kind_that_can_be_asked_for_is_there():
    assert tuple(KINDS) == AUGMENTATIONS


@pytest.mark.parametrize("kind", KINDS)
def test_an_equal_key_changes_alike_and_another_key_otherwise(kind):
    assert np.array_equal(augmented(kind), augmented(kind))
    assert not np.array_equal(augmented(kind), augmented(kind, key=(1, 3)))


@pytest.mark.parametrize("kind", KINDS)
def test_equal_pictures_of_a_batch_are_changed_in_ways_of_their_own(kind):
    same = np.repeat(PICTURES[:1], 64, axis=0)
    changed = augmented(kind, pictures=same)
    assert len({picture.tobytes() for picture in changed}) > 16


@pytest.mark.parametrize("kind", KINDS)
def test_grey_pictures_are_changed_too(kind):
    grey = PICTURES[..., :1]
    changed = augmented(kind, pictures=grey)
    assert changed.shape == grey.shape
    assert not np.array_equal(changed, grey)


def test_color_moves_no_pixel():
    # In a picture of two colours, equal pixels stay equal.
    halves = np.full((8, 16, 16, 3), [0.2, -0.4, 0.6], np.float32)
    halves[:, :, 8:] *= -0.5
    changed = augmented("color", pictures=halves)
    for half in (changed[:, :, :8], changed[:, :, 8:]):
        np.testing.assert_allclose(half, half[:, :1, :1] + np.zeros_like(half), atol=1e-6)


def test_color_keeps_the_mean_but_for_a_brightness_of_at_most_one_half():
    moved = augmented("color").mean(axis=(1, 2, 3)) - PICTURES.mean(axis=(1, 2, 3))
    assert 0.4 < np.abs(moved).max() <= 0.5
    assert moved.min() < 0 < moved.max()


def test_color_is_brightness_then_saturation_then_contrast():
    shape = [64, 1, 1, 1]
    with tf.Graph().as_default(), v1.Session() as session:
        key = fold_in_text(tf.constant([1, 2], tf.int64), "color")
        draws = session.run(tf.random.stateless_uniform([3, *shape], key, alg="philox"))
    pictures = PICTURES + (draws[0] * 2 - 1) * 0.5
    grey = pictures.mean(axis=3, keepdims=True)
    pictures = grey + (pictures - grey) * draws[1] * 2
    mean = pictures.mean(axis=(1, 2, 3), keepdims=True)
    pictures = mean + (pictures - mean) * (0.5 + draws[2])
    np.testing.assert_allclose(augmented("color"), pictures, atol=1e-5)


def test_translation_moves_a_picture_by_up_to_an_eighth_and_fills_with_zeros():
    places = set()
    for changed, picture in zip(augmented("translation"), PICTURES, strict=True):
        padded = np.pad(picture, [(2, 2), (2, 2), (0, 0)])
        found = [
            (row, column)
            for row in range(5)
            for column in range(5)
            if np.array_equal(changed, padded[row : row + 16, column : column + 16])
        ]
        assert len(found) == 1
        places.add(found[0])
    assert len({row for row, _ in places}) == len({column for _, column in places}) == 5


def test_cutout_sets_one_square_of_half_the_width_to_zero_and_nothing_else():
    shares = []
    for changed, picture in zip(augmented("cutout"), PICTURES, strict=True):
        gone = (changed == 0).all(axis=2)
        rows, columns = np.nonzero(gone)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert gone.sum() == height * width  # a rectangle: a square, or what of it lies inside
        assert max(height, width) <= 8
        assert np.array_equal(changed[~gone], picture[~gone])
        shares.append(gone.mean())
    assert max(shares) == 0.25


def test_the_generator_learns_through_every_change():
    with tf.Graph().as_default(), v1.Session() as session:
        images = tf.constant(PICTURES)
        changed = augment(images, tuple(KINDS), tf.constant([1, 2], tf.int64))
        (gradient,) = tf.gradients(tf.reduce_sum(tf.square(changed)), [images])
        gradient = session.run(gradient)
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).max(axis=(1, 2, 3)) > 0).all()
