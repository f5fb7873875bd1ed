import io

import numpy as np
import pytest
from PIL import Image

from catdcgan.pictures.pixels import encode_jpeg, encode_png, make_grid, to_floats, to_pixels

ALL_PIXELS = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


@pytest.mark.parametrize("pixel_range", [1.0, 0.5])
def test_black_and_white_become_the_ends_of_the_range(pixel_range):
    floats = to_floats(ALL_PIXELS, pixel_range)
    assert floats.dtype == np.float32
    assert (floats.min(), floats.max()) == (-pixel_range, pixel_range)


@pytest.mark.parametrize("pixel_range", [1.0, 0.5])
def test_every_pixel_survives_the_way_there_and_back(pixel_range):
    assert np.array_equal(to_pixels(to_floats(ALL_PIXELS, pixel_range), pixel_range), ALL_PIXELS)


def test_values_beyond_the_range_are_clipped_and_never_wrap():
    assert to_pixels(np.array([-9.0, 1.004, 9.0]), 1.0).tolist() == [0, 255, 255]


def test_a_grid_is_filled_row_by_row_and_its_rest_is_black():
    images = np.stack([np.full((2, 2, 3), value, np.uint8) for value in (10, 20, 30)])
    grid = make_grid(images, 2, 2)
    assert grid[::2, ::2, 0].tolist() == [[10, 20], [30, 0]]


def test_pictures_without_a_place_are_left_out():
    assert make_grid(np.ones((5, 2, 2, 3), np.uint8), 1, 2).shape == (2, 4, 3)


def test_a_png_holds_the_same_pixels():
    image = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(image)))), image)


def test_a_jpeg_holds_nearly_the_same_pixels():
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    image = np.stack([np.tile(ramp, (32, 1))] * 3, axis=-1)
    decoded = np.asarray(Image.open(io.BytesIO(encode_jpeg(image))), dtype=int)
    assert np.abs(decoded - image).max() <= 4


@pytest.mark.parametrize("encode", [encode_png, encode_jpeg])
def test_a_grey_picture_is_a_grey_file(encode):
    ramp = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (16, 1))
    with Image.open(io.BytesIO(encode(ramp[..., None]))) as image:
        assert (image.mode, image.size) == ("L", (32, 16))
        assert np.abs(np.asarray(image, int) - ramp).max() <= 2
