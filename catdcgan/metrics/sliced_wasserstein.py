"""Sliced Wasserstein distance of patches on the levels of a Laplacian pyramid.

The measure of Karras et al. 2018, "Progressive Growing of GANs", section 5: each level of the
pyramid holds what one scale adds to the coarser ones, so the figures tell at which scale generated
pictures differ from real ones. A level's patches are compared along random directions, where the
distance between two sets of numbers is the mean difference of the sorted ones.

As in the paper: 128 patches of 7 x 7 pixels of each picture and level, 4 x 128 directions, each
colour channel of a set's patches brought to mean 0 and deviation 1 *of its own set* (a difference
of overall brightness, contrast or tint therefore does not count), figures times 1,000.
Differs from the paper: which patches are looked at is drawn from a digest of the picture itself,
not from a running stream, so a picture has the same patches in whatever place of its set it stands
and equal sets are at a distance of 0; sizes need not be powers of two.

Plain NumPy; nothing depends on global state.
"""

import concurrent.futures
import functools
import hashlib

import numpy as np

from catdcgan.metrics.planes import multiply_both_ways
from catdcgan.metrics.stable_random import stable_normals
from catdcgan.pictures.pixels import PictureSet

VERSION = 1  # to be raised with any change that changes a figure: caches are named by it
PATCH = 7  # pixels
PATCHES = 128  # of a picture, on each level
DIRECTIONS = 512  # 4 x 128
TOGETHER = 64  # directions whose projections are in memory at once
CHUNK = 64  # pictures in work at once
COARSEST = 12  # pixels; a power of two ends at 16, as in the paper, MNIST's 28 at 14
TIMES = 1000  # as the paper prints them


def levels_of(image_size: int) -> list[int]:
    """Return the sizes of the pyramid's levels in pixels: the pictures' own, half of it, ...

    An odd size is halved upwards. The last is that next to 16: at least 12, where the first is.
    """
    levels = [image_size]
    while (half := (levels[-1] + 1) // 2) >= COARSEST:
        levels.append(half)
    return levels


def sliced_wasserstein(reals: PictureSet, fakes: PictureSet) -> dict[int, float]:
    """Return the distance on each level, by its size in pixels, times 1,000; 0 is best.

    Args:
        reals: uint8 `[N, S, S, C]`.
        fakes: as many.

    Raises:
        ValueError: the two sets differ in number, size or channels, or S is below 7.
    """
    if reals.shape != fakes.shape:
        raise ValueError(f"{reals.shape} and {fakes.shape}: sets of equal shape are needed")
    sets = [(pictures, _rank_by_content(pictures)) for pictures in (reals, fakes)]
    # Level by level: never more than two of them are in memory.
    return {
        level: _distance(*(_describe_level(pictures, ranks, level) for pictures, ranks in sets))
        for level in levels_of(reals.shape[1])
    }


def mean_over_levels(distances: dict[int, float]) -> float:
    """Return the one figure of the paper's tables."""
    return sum(distances.values()) / len(distances)


def _rank_by_content(pictures: PictureSet) -> np.ndarray:
    """Return the place of each picture in an order that contents alone decide, int64 `[N]`.

    In that order equal sets are equal arrays. Without it their sums could differ in the last bits,
    and so could their projections: some BLAS kernels (OpenBLAS's for AVX2 is one) compute a column
    of a matrix product in another way near an edge of their blocks.
    """
    digests = [
        hashlib.sha256(picture.tobytes()).digest()
        for start in range(0, len(pictures), CHUNK)
        for picture in pictures[start : start + CHUNK]
    ]
    ranks = np.empty(len(pictures), np.int64)
    ranks[sorted(range(len(pictures)), key=digests.__getitem__)] = np.arange(len(pictures))
    return ranks


def _describe_level(pictures: PictureSet, ranks: np.ndarray, level: int) -> np.ndarray:
    """Return normalised patches of one level, float32 `[N * PATCHES, C * PATCH * PATCH]`.

    Args:
        ranks: where the patches of each picture go, int64 `[N]`.
    """
    count, size, _, channels = pictures.shape
    if size < PATCH:
        raise ValueError(f"{size} pixels; at least {PATCH} are needed")
    patches = np.empty((count, PATCHES, channels, PATCH, PATCH), np.float32)
    for start in range(0, count, CHUNK):
        chunk = pictures[start : start + CHUNK]
        # Contiguous along y and x: the pyramid is matrix products over them.
        planes = np.ascontiguousarray(np.moveaxis(chunk, -1, 1), np.float32)
        patches[ranks[start : start + CHUNK]] = _take_patches(_level_of(planes, level), chunk)
    for channel in range(channels):
        plane = patches[:, :, channel]
        plane -= plane.mean(dtype=np.float64)
        deviation = np.sqrt(np.mean(np.square(plane), dtype=np.float64))
        plane /= max(deviation, np.finfo(np.float32).tiny)  # a set may be of one colour
    return patches.reshape(count * PATCHES, -1)


def _level_of(planes: np.ndarray, level: int) -> np.ndarray:
    """Return one level of the pyramid, float32 `[N, C, S, S]` -> `[N, C, level, level]`.

    It is what the next coarser one lacks of it; the coarsest is left as it is.
    """
    levels = levels_of(planes.shape[-1])
    for _ in range(levels.index(level)):
        planes = multiply_both_ways(planes, _blur(planes.shape[-1])[::2])
    if level == levels[-1]:
        return planes
    blur = _blur(level)
    return planes - multiply_both_ways(multiply_both_ways(planes, blur[::2]), 2 * blur[:, ::2])


def _blur(size: int) -> np.ndarray:
    """Return the binomial filter of Burt and Adelson (1983) as a matrix, float32 `[size, size]`.

    At the edges the picture is mirrored.
    """
    matrix = np.zeros((size, size), np.float32)
    for offset, weight in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
        places = np.abs(np.arange(size) + offset)
        places = np.minimum(places, 2 * (size - 1) - places)
        matrix[np.arange(size), places] += weight / 16
    return matrix


def _take_patches(planes: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Cut patches, float32 `[N, C, L, L]` -> `[N, PATCHES, C, PATCH, PATCH]`.

    Args:
        pictures: uint8 `[N, S, S, C]`, whose digests tell where.
    """
    size = planes.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(planes, (1, 1, PATCH, PATCH))[
        ..., 0, 0, :, :
    ]
    places = np.stack([_places(picture, size) for picture in pictures])
    rows, columns = np.moveaxis(places % (size - PATCH + 1), -1, 0)
    return windows[np.arange(len(planes))[:, None], :, rows, columns]


def _places(picture: np.ndarray, size: int) -> np.ndarray:
    """Return random numbers that a picture and a level's size determine, `[PATCHES, 2]`."""
    digest = hashlib.shake_128(size.to_bytes(4, "little") + picture.tobytes())
    return np.frombuffer(digest.digest(PATCHES * 2 * 4), "<u4").reshape(PATCHES, 2)


def _distance(reals: np.ndarray, fakes: np.ndarray) -> float:
    """Return the mean distance along the directions, times 1,000; float32 `[M, K]` each."""
    if reals.shape != fakes.shape:
        raise ValueError(f"{reals.shape} and {fakes.shape}: sets of equal shape are needed")
    directions = stable_normals("sliced Wasserstein", (DIRECTIONS, reals.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    total = 0.0
    # Sorting takes most of the time, and NumPy sorts outside the interpreter's lock.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for start in range(0, DIRECTIONS, TOGETHER):
            some = directions[start : start + TOGETHER].astype(np.float32)
            project = functools.partial(_project, some)
            ours, theirs = pool.map(project, (reals, fakes))
            ours -= theirs
            total += float(np.abs(ours, out=ours).sum(dtype=np.float64))
    return TIMES * total / (DIRECTIONS * len(reals))


def _project(directions: np.ndarray, patches: np.ndarray) -> np.ndarray:
    """Return how far patches reach along directions, in order, `[D, K]`, `[M, K]` -> `[D, M]`."""
    reached = directions @ patches.T
    reached.sort(axis=1)
    return reached
