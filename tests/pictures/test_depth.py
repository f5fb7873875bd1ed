import io
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from catdcgan.pictures.decoding import decode

LEVELS = np.arange(256).reshape(16, 16)


def decoded(values, file_format="TIFF", *, changed=(b"", b""), **tags):
    told = TiffImagePlugin.ImageFileDirectory_v2()
    for number, value in tags.items():
        told[int(number[1:])] = value
    options = {"tiffinfo": told} if tags else {}
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, file_format, **options)
    pixels = decode(buffer.getvalue().replace(*changed), 16)
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
@pytest.mark.parametrize("depth", [8, 10, 12, 14, 16])
def test_depths_in_16_bits_are_told_by_the_largest_value(depth, file_format):
    values = (LEVELS * (2**depth - 1) // 255).astype(np.uint16)
    assert np.array_equal(decoded(values, file_format), values >> (depth - 8))


def test_a_dark_picture_stays_dark():
    assert decoded((LEVELS * 80).astype(np.uint16)).max() == 255 * 80 >> 8
    assert decoded((LEVELS * 10).astype(np.uint16), T281=65535).max() == 255 * 10 >> 8


@pytest.mark.parametrize("bits", [24, 31])
def test_more_than_16_bits_keep_their_highest_8(bits):
    values = (LEVELS << (bits - 8)).astype(np.int32)
    assert np.array_equal(decoded(values), LEVELS)


def test_32_bits_without_a_sign_are_no_negative_numbers():
    values = (LEVELS << 24).astype(np.uint32).view(np.int32)
    signed, unsigned = (struct.pack("<HHIH", 339, 3, 1, kind) for kind in (2, 1))
    assert np.array_equal(decoded(values, changed=(signed, unsigned)), LEVELS)


@pytest.mark.parametrize("largest", [1.0, 255.0, 4095.0, 65535.0, 1e6])
def test_floats_are_scaled_by_their_customary_range(largest):
    values = (LEVELS / 255 * largest).astype(np.float32)
    assert np.array_equal(decoded(values), LEVELS)


def test_floats_around_zero_and_overshoots_are_in_range():
    assert np.array_equal(decoded((LEVELS / 127.5 - 1).astype(np.float32)), LEVELS)
    overshooting = (LEVELS / 255 * 1.08 - 0.04).astype(np.float32)
    assert decoded(overshooting).max() == 255
    assert abs(decoded(overshooting).mean() - 127.5) < 2


def test_what_is_no_number_is_black_and_the_rest_is_scaled_without_it():
    values = (LEVELS / 255).astype(np.float32)
    values[0, 1], values[0, 2], values[0, 3] = np.nan, np.inf, -np.inf
    expected = LEVELS.copy()
    expected[0, 1:4] = 0, 255, 0
    assert np.array_equal(decoded(values), expected)
    assert not decoded(np.full((16, 16), np.nan, np.float32)).any()
