import numpy as np
import pytest

from catdcgan.watching.picture_numbers import (
    MOST_MEASURED,
    PictureNumbers,
    compare_pictures,
    measure_pictures,
)


def flat(*values, size=32, channels=3):
    """Return pictures of one grey each."""
    shape = (len(values), size, size, channels)
    return np.broadcast_to(np.array(values, np.uint8)[:, None, None, None], shape)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_spread_is_the_mean_distance_between_two_pictures(channels):
    values = 16 * 16 * channels  # of a picture as it is compared
    measured = measure_pictures(flat(10, 10, 40, channels=channels))
    assert measured.spread == pytest.approx((0 + 30 + 30) / 3 * values**0.5)


def test_equal_pictures_have_no_spread_and_one_picture_has_none_to_tell():
    assert measure_pictures(flat(10, 10)).spread == 0
    assert measure_pictures(flat(10)).spread is None


def test_the_roughness_is_the_difference_of_neighbouring_pixels():
    assert measure_pictures(flat(7)).roughness == 0
    stripes = np.zeros((1, 4, 4, 1), np.uint8)
    stripes[:, :, ::2] = 100
    # 12 pairs side by side differ by 100, 12 pairs one above the other by nothing.
    assert measure_pictures(stripes).roughness == pytest.approx((100**2 / 2) ** 0.5)


def test_noise_does_not_count_as_diversity_and_shapes_do():
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (8, 64, 64, 3), np.uint8)
    halves = np.zeros((8, 64, 64, 3), np.uint8)
    halves[::2, :32], halves[1::2, :, 32:] = 255, 255
    assert measure_pictures(noise).spread < measure_pictures(halves).spread / 3


def test_a_large_grid_is_measured_by_its_first_pictures():
    many = np.concatenate([flat(*[50] * MOST_MEASURED), flat(0, 255)])
    assert measure_pictures(many).spread == 0


def test_samples_are_told_as_shares_of_the_reals():
    found = compare_pictures(PictureNumbers(3.0, 20.0), PictureNumbers(12.0, 10.0))
    assert found == {"diversity": 0.25, "sharpness": 2.0}


def test_what_the_reals_give_no_measure_for_is_left_out():
    assert compare_pictures(PictureNumbers(3.0, 20.0), PictureNumbers(None, 0.0)) == {}
    assert compare_pictures(PictureNumbers(None, 5.0), PictureNumbers(1.0, 10.0)) == {
        "sharpness": 0.5
    }
