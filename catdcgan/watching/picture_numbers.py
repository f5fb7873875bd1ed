"""How alike and how sharp pictures are, against the reals: numbers of a snapshot, in numpy."""

import math
from typing import NamedTuple

import numpy as np

COMPARED = (
    16  # pixels along a side at which two pictures are compared: shapes and colours, no noise
)
MOST_MEASURED = 128  # pictures; the time for their distances grows with the square


class PictureNumbers(NamedTuple):
    """What is measured of a set of pictures.

    Attributes:
        spread: mean distance between two of the pictures, None of fewer than two.
        roughness: root mean square difference between neighbouring pixels.
    """

    spread: float | None
    roughness: float


def measure_pictures(pictures: np.ndarray) -> PictureNumbers:
    """Measure the first pictures, uint8 `[N, S, S, C]`."""
    chosen = pictures[:MOST_MEASURED]
    squares, count = 0.0, 0
    for picture in chosen.astype(np.int32):
        for difference in (np.diff(picture, axis=0), np.diff(picture, axis=1)):
            squares += float(np.square(difference).sum())
            count += difference.size
    rows = _shrink(chosen).reshape(len(chosen), -1)
    return PictureNumbers(_mean_distance(rows), math.sqrt(squares / count))


def compare_pictures(samples: PictureNumbers, reals: PictureNumbers) -> dict[str, float]:
    """Return the numbers of generated pictures as shares of those of the reals.

    diversity: 1 where two samples differ as much as two reals do, 0 where all are one picture.
    sharpness: 1 where neighbouring pixels differ as much as in reals, less where it is blurred,
    more where there is noise or a pattern. Either is left out where the reals give no measure.
    """
    found = {}
    if samples.spread is not None and reals.spread:
        found["diversity"] = samples.spread / reals.spread
    if reals.roughness:
        found["sharpness"] = samples.roughness / reals.roughness
    return found


def _shrink(pictures: np.ndarray) -> np.ndarray:
    """Average blocks of pixels, `[N, S, S, C]` -> `[N, s, s, C]` with s at least COMPARED."""
    count, size, _, channels = pictures.shape
    block = max(size // COMPARED, 1)
    side = size // block
    pictures = pictures[:, : side * block, : side * block]
    blocks = pictures.reshape(count, side, block, side, block, channels)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def _mean_distance(rows: np.ndarray) -> float | None:
    """Return the mean Euclidean distance between two rows of `[N, values]`."""
    count = len(rows)
    if count < 2:
        return None
    total = sum(
        float(np.linalg.norm(rows[index + 1 :] - rows[index], axis=1).sum())
        for index in range(count - 1)
    )
    return total / (count * (count - 1) / 2)
