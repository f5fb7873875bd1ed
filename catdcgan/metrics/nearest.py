"""The nearest training pictures of samples, and how many samples are near copies of one.

Pictures are compared as 16 x 16 pixels, in colour: small enough that an ear a little to the left is
no other cat, large enough that two cats are not the same. A training picture counts as it is and
mirrored.

What makes a near copy is not that its nearest training picture is near: smooth pictures, such as
those of a poor generator, are near to many. It is that one training picture is much nearer than
the 50 nearest on average (the adaptive measure of Carlini et al. 2023, "Extracting Training Data
from Diffusion Models", section 5, there with a fixed threshold): the *nearness* of a picture is the
distance to the nearest, as a share of that mean.

Where "much nearer" begins is taken from the training pictures themselves, each against all others:
3 deviations below what is usual among them, by median and median deviation of the logarithm, which
a few duplicates among them do not disturb (`threshold_of`). The rate among real pictures that were
not learned from is the floor of the rate among samples.
"""

from typing import NamedTuple

import numpy as np

from catdcgan.console.progress import track
from catdcgan.metrics.planes import multiply_both_ways
from catdcgan.pictures.pixels import PictureSet

VERSION = 1  # to be raised with any change that changes a figure: caches are named by it
SIDE = 16  # pixels
NEIGHBOURS = 50  # that a nearest one is measured against
DEVIATIONS = 3
TO_DEVIATION = 1.4826  # a normal law's deviation, in median deviations
BLOCK = 2048  # training pictures at a time
ROWS = 1024  # samples at a time
CHUNK = 64  # pictures that are shrunk at once


class Nearest(NamedTuple):
    """What lies nearest to each of N pictures.

    Attributes:
        indices: of the nearest training pictures, nearest first, `[N, K]`, K at most 50.
        distances: to them: root mean square over pixels, 0 to 255, `[N, K]`.
        mirrored: whether the training picture is nearer mirrored, `[N, K]`.
    """

    indices: np.ndarray
    distances: np.ndarray
    mirrored: np.ndarray

    @property
    def nearness(self) -> np.ndarray:
        """The distance to the nearest as a share of the mean distance, `[N]`; 0 is a copy."""
        mean = self.distances.mean(axis=1)
        return self.distances[:, 0] / np.maximum(mean, np.finfo(np.float32).tiny)


def find_nearest(
    pictures: PictureSet, training: np.ndarray, own: np.ndarray | None = None
) -> Nearest:
    """Return the nearest training pictures of each picture, both uint8 `[N, S, S, C]`.

    Args:
        own: where the pictures are training pictures themselves: their indices, `[N]`; a picture
            is not its own neighbour.
    """
    parts = [
        _find_nearest(
            _shrink(pictures[start : start + ROWS]),
            training,
            None if own is None else own[start : start + ROWS],
        )
        for start in range(0, len(pictures), ROWS)
    ]
    return Nearest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def threshold_of(usual: np.ndarray) -> float:
    """Return the nearness below which a picture is a near copy.

    Args:
        usual: nearness of training pictures to the others, `[N]`; several hundred give it to a few
            hundredths.
    """
    logarithms = np.log(np.maximum(usual, 1e-6))
    middle = np.median(logarithms)
    deviation = TO_DEVIATION * np.median(np.abs(logarithms - middle))
    return float(np.exp(middle - DEVIATIONS * deviation))


def rate_of_copies(nearness: np.ndarray, threshold: float) -> float:
    """Return the share of pictures that are near copies, of their nearness `[N]`."""
    return float(np.mean(nearness < threshold))


def _find_nearest(rows: np.ndarray, training: np.ndarray, own: np.ndarray | None) -> Nearest:
    """Go through the training pictures in blocks, keeping the best so far, of `_shrink`ed rows."""
    count = len(rows)
    best = Nearest(np.empty((count, 0), int), np.empty((count, 0)), np.empty((count, 0), bool))
    flat, flipped = rows.reshape(count, -1), rows[:, :, ::-1].reshape(count, -1)
    starts = range(0, len(training), BLOCK)
    for start in track(starts, len(starts), "looking for near copies", f"x{BLOCK} pictures"):
        block = _shrink(training[start : start + BLOCK])
        block = block.reshape(len(block), -1)
        plain, mirrored = _distances(flat, block), _distances(flipped, block)
        distances = np.minimum(plain, mirrored)
        if own is not None:
            here = (start <= own) & (own < start + len(block))
            distances[here, own[here] - start] = np.inf
        indices = np.broadcast_to(np.arange(start, start + len(block)), distances.shape)
        best = _keep_best(best, Nearest(indices, distances, mirrored < plain))
    return best


def _keep_best(best: Nearest, block: Nearest) -> Nearest:
    columns = [np.concatenate(pair, axis=1) for pair in zip(best, block, strict=True)]
    distances = columns[1]
    # A picture itself, at an infinite distance, must not remain where there are few others.
    kept = min(NEIGHBOURS, distances.shape[1] - int(np.isinf(distances).any()))
    order = np.argsort(distances, axis=1, kind="stable")[:, :kept]
    return Nearest(*(np.take_along_axis(column, order, axis=1) for column in columns))


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return root mean squares, float32 `[N, K]` and `[M, K]` -> `[N, M]`."""
    lengths = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    squares = lengths - 2 * first @ second.T
    squares[squares < 1e-5 * lengths] = 0  # equal pictures, but for rounding
    return np.sqrt(squares / first.shape[1])


def _shrink(pictures: np.ndarray) -> np.ndarray:
    """Return means over areas, uint8 `[N, S, S, C]` -> float32 `[N, 16, 16, C]` about 0."""
    starts = range(0, len(pictures), CHUNK)
    return np.concatenate([_shrink_chunk(pictures[start : start + CHUNK]) for start in starts])


def _shrink_chunk(pictures: np.ndarray) -> np.ndarray:
    areas = _areas(pictures.shape[1])
    planes = np.moveaxis(pictures, -1, 1).astype(np.float32) - np.float32(127.5)
    return np.moveaxis(multiply_both_ways(planes, areas), 1, -1)


def _areas(size: int) -> np.ndarray:
    """Return which share of each pixel of the small picture is which of the large: `[16, size]`."""
    edges = np.arange(SIDE + 1) * size / SIDE
    starts, ends = (
        np.maximum.outer(edges[:-1], np.arange(size)),
        np.minimum.outer(edges[1:], np.arange(size) + 1),
    )
    return (np.maximum(ends - starts, 0) * SIDE / size).astype(np.float32)
