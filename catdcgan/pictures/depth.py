"""Grey pictures of more than 8 bits become 8 bits by the range that they really have.

What a file calls 16 bits often holds 10, 12 or 14, and floats go to 1 or to 255. The range is taken
to be the smallest customary one that holds the largest value, so that a dark picture is not blown
up to whatever its brightest pixel is.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

DEPTHS = (8, 10, 12, 14, 16)  # bits
# The largest value of each range of floats, and up to where values are taken for overshoots.
RANGES = ((1.0, 2.0), *((2.0**depth - 1, 1.1 * 2.0**depth) for depth in DEPTHS))
SIGNED = 1.1  # floats from -1 to 1, with overshoots
BITS, PHOTOMETRIC, MOST, FORMAT, S_MOST = 258, 262, 281, 339, 341  # TIFF's numbers of what it tells
UNSIGNED, WHITE_IS_ZERO = 1, 0


class Told(NamedTuple):
    """What a file tells of its values.

    Attributes:
        most: the largest that it may have; 0 where it tells none.
        unsigned: 32 bits without a sign, which Pillow takes for some with one.
        inverted: 0 is white.
    """

    most: float = 0
    unsigned: bool = False
    inverted: bool = False


def is_deep(mode: str) -> bool:
    """Tell by Pillow's name for the kind of pixels whether they have more than 8 bits."""
    return mode == "F" or mode.startswith("I")


def told_by(image: Image.Image) -> Told:
    """Return what a picture that was just opened tells of its values."""
    tags = getattr(image, "tag_v2", {})
    bits = max(_numbers(tags, BITS), default=0)
    most = max([*_numbers(tags, MOST), *_numbers(tags, S_MOST)], default=0.0)
    if bits < 16 and image.mode != "F":
        most = max(most, 2.0**bits - 1)
    unsigned = image.mode == "I" and bits == 32 and UNSIGNED in (_numbers(tags, FORMAT) or [1])
    return Told(most, bool(tags) and unsigned, _numbers(tags, PHOTOMETRIC) == [WHITE_IS_ZERO])


def to_eight_bits(image: Image.Image, told: Told) -> Image.Image:
    """Return a picture of 8 bits, of one for which `is_deep` holds."""
    values = np.asarray(image)
    pixels = _of_floats(values, told) if image.mode == "F" else _of_integers(values, told)
    return Image.fromarray(255 - pixels if told.inverted else pixels)


def _of_integers(values: np.ndarray, told: Told) -> np.ndarray:
    if told.unsigned:
        values = values.view(np.uint32)
    values = np.maximum(values, 0)
    most = max(int(values.max()), int(told.most))
    deepest = 32 if told.unsigned else 31
    depth = next((depth for depth in (*DEPTHS, 24) if most < 2**depth), deepest)
    return (values >> (depth - DEPTHS[0])).astype(np.uint8)


def _of_floats(values: np.ndarray, told: Told) -> np.ndarray:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, np.uint8)
    least, most = float(finite.min()), float(finite.max())
    values = np.nan_to_num(values, nan=0, posinf=most, neginf=least)
    if -SIGNED <= least < 1 - SIGNED and most <= SIGNED:
        values, most = (values + 1) / 2, 1.0
    most = max(most, told.most)
    largest = next((largest for largest, limit in RANGES if most <= limit), most)
    return np.rint(np.clip(values / largest, 0, 1) * 255).astype(np.uint8)


def _numbers(tags: object, number: int) -> list[float]:
    """Return the finite numbers that a tag holds: one, several, or none where it is odd."""
    value = tags.get(number) if hasattr(tags, "get") else None
    try:
        found = [float(part) for part in (value if isinstance(value, tuple) else (value,))]
    except (TypeError, ValueError, ZeroDivisionError):
        return []
    return [part for part in found if np.isfinite(part)]
