import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from catdcgan.pictures.decoding import decode
from catdcgan.pictures.formats import UndecodableError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def encoded(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_common_format_becomes_rgb_of_the_size(file_format):
    pixels = decode(encoded(Image.new("RGB", (40, 30), RED), file_format), 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - RED).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
def test_every_mode_becomes_rgb(mode):
    file_format = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    assert decode(encoded(Image.new(mode, (20, 20)), file_format), 16).shape == (16, 16, 3)


def test_sixteen_bits_are_scaled_and_not_clipped():
    image = Image.fromarray(np.full((20, 20), 128 * 256, np.uint16))
    assert decode(encoded(image), 16).tolist() == np.full((16, 16, 3), 128).tolist()


def test_transparent_pixels_become_white():
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert (decode(encoded(image), 16) == 255).all()


def test_the_centre_is_kept_and_the_sides_are_cut_off():
    image = Image.new("RGB", (60, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))
    assert (decode(encoded(image), 20) == BLUE).all()


def test_the_exif_orientation_is_honoured():
    image = Image.new("RGB", (20, 20), RED)
    image.paste(BLUE, (0, 0, 20, 10))  # blue above, red below
    exif = Image.Exif()
    exif[0x0112] = 3  # to be turned by 180 degrees
    assert (decode(encoded(image, exif=exif), 20)[0] == RED).all()


def test_a_large_jpeg_is_decoded_as_well_as_a_small_one():
    gradient = np.tile(np.linspace(0, 255, 1024).astype(np.uint8)[:, None, None], (1, 1024, 3))
    small = decode(encoded(Image.fromarray(gradient), "JPEG", quality=95), 32).astype(int)
    exact = decode(encoded(Image.fromarray(gradient)), 32)
    assert np.abs(small - exact).max() <= 3


def test_the_first_frame_of_an_animation_counts():
    frames = [Image.new("RGB", (20, 20), colour) for colour in (GREEN, RED)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (decode(data, 16) == GREEN).all()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"not a picture", "not a picture of a known format"),
        (encoded(Image.effect_noise((64, 64), 50))[:900], "truncated"),
        (b"\xff\xd8\xff\xe0 and no more", "Truncated File Read"),
    ],
)
def test_a_damaged_file_has_a_reason(data, reason):
    with pytest.raises(UndecodableError, match=reason):
        decode(data, 16)


def test_a_decompression_bomb_is_refused_by_its_size():
    side = 9500
    data = encoded(Image.new("1", (side, side)))
    assert len(data) < 100_000
    with pytest.raises(UndecodableError, match=f"{side**2} pixels.* exceeds limit"):
        decode(data, 16)


def test_lab_is_converted_and_not_left_out():
    red = Image.new("RGB", (20, 20), (200, 50, 50))
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    data = encoded(ImageCms.profileToProfile(red, srgb, lab, outputMode="LAB"), "TIFF")
    assert np.abs(decode(data, 16).astype(int) - (200, 50, 50)).max() <= 3
