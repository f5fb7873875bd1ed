"""One picture file, whatever its format, mode and size, becomes RGB pixels of one size."""

import io
import warnings
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from catdcgan.console.errors import first_line_of
from catdcgan.pictures.depth import Told, is_deep, to_eight_bits, told_by
from catdcgan.pictures.formats import UndecodableError, formats_of

BACKGROUND = (255, 255, 255)  # behind transparent pixels, as picture viewers show them
ORIENTATION = 0x0112  # EXIF's number for it; 1 is upright
MODES = {1: "L", 3: "RGB"}  # Pillow's names of so many channels
VERSION = 2  # to be raised whenever a picture's pixels change: caches of decoded pictures know it

# Pillow only warns of a picture of over 89 million pixels; here it is refused.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Photo(NamedTuple):
    """A decoded picture file.

    Attributes:
        image: its first frame, RGB, transparent pixels white.
        size: width and height in pixels as it should be shown; `image` may be smaller.
        mode: Pillow's name for the kind of its pixels in the file.
        format: Pillow's name for the kind of file.
    """

    image: Image.Image
    size: tuple[int, int]
    mode: str
    format: str


def decode(data: bytes, image_size: int, channels: int = 3) -> np.ndarray:
    """Decode a picture file, `-> uint8 [image_size, image_size, channels]`.

    Turned upright by its EXIF orientation, cut to a centred square, resized with a Lanczos
    filter. The first frame of an animation counts; transparent pixels become white.

    Raises:
        UndecodableError: the file is empty, damaged, too large or no picture.
    """
    return fit(open_photo(data, enough=2 * image_size).image, image_size, channels)


def size_and_mode(data: bytes) -> tuple[tuple[int, int], str]:
    """Return width and height as they lie in the file, and Pillow's name for the kind of pixels.

    Raises:
        UndecodableError: the file is empty, too large or no picture.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats_of(data)) as image:
            return image.size, image.mode
    except UndecodableError:
        raise
    except Exception as error:
        raise UndecodableError(first_line_of(error)) from error


def open_photo(data: bytes, *, upright: bool = True, enough: int | None = None) -> Photo:
    """Decode a picture file.

    Args:
        upright: turn it by its EXIF orientation; otherwise its pixels are as they lie in the file.
        enough: sides of so many pixels are enough, so that a larger JPEG may be decoded at a
            fraction of its size, which is quicker.

    Raises:
        UndecodableError: the file is empty, damaged, too large or no picture.
        MissingDecoderError: something would have to be installed to decode it.
    """
    if not data:
        raise UndecodableError("the file is empty")
    try:
        with Image.open(io.BytesIO(data), formats=formats_of(data)) as image:
            size, mode, file_format = image.size, image.mode, image.format or ""
            if enough:
                image.draft("RGB", (enough, enough))
            image.load()  # damage shows here, apart from that of the EXIF data below
            turned = _turn_upright(image) if upright else image
            # Quarter turns exchange width and height; compared before drafts made both smaller.
            if (turned.width > turned.height) != (image.width > image.height):
                size = size[::-1]
            return Photo(_to_rgb(turned, told_by(image)), size, mode, file_format)
    except UndecodableError:
        raise
    except UnidentifiedImageError as error:
        raise UndecodableError("not a picture of a known format") from error
    except Exception as error:
        # Damaged files make Pillow's plugins raise nearly anything; one file must not end a run.
        raise UndecodableError(first_line_of(error)) from error


def fit(image: Image.Image, image_size: int, channels: int = 3) -> np.ndarray:
    """Cut a picture to a centred square, `-> uint8 [image_size, image_size, channels]`."""
    image = _convert(image, MODES[channels])
    if image.size != (image_size, image_size):
        image = ImageOps.fit(image, (image_size, image_size), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(image_size, image_size, channels)


def _turn_upright(image: Image.Image) -> Image.Image:
    try:
        if image.getexif().get(ORIENTATION, 1) == 1:
            return image
        return ImageOps.exif_transpose(image)
    except Exception:
        return image  # unreadable EXIF data says nothing of the picture, which is whole


def _to_rgb(image: Image.Image, told: Told) -> Image.Image:
    if is_deep(image.mode):  # which Pillow would clip at 255
        image = to_eight_bits(image, told)
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        image = Image.alpha_composite(canvas, image)
    return _convert(image, "RGB")


def _convert(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # which copies even the same
