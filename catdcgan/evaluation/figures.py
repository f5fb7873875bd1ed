"""The figures of an evaluation, computed; `metrics.catalogue` has their names and words."""

import numpy as np

from catdcgan.metrics.distances import compare_neighbourhoods, frechet_distance, kernel_distance
from catdcgan.metrics.sliced_wasserstein import mean_over_levels, sliced_wasserstein
from catdcgan.pictures.pixels import PictureSet

TIMES = 1000  # kernel distances are small
MOST_FOR_PATCHES = 2048  # pictures: 128 patches of each and level are in memory at once


def compare_patches(reals: PictureSet, fakes: PictureSet) -> dict[str, float]:
    """Return the sliced Wasserstein figures of two sets, uint8 `[N, S, S, C]` each.

    Of large sets the first 2,048 pictures are compared.
    """
    count = min(len(reals), len(fakes), MOST_FOR_PATCHES)
    ours, theirs = (pictures[:count] for pictures in (reals, fakes))
    distances = sliced_wasserstein(ours, theirs)
    levels = {f"swd_{level}": distance for level, distance in distances.items()}
    return {"swd": mean_over_levels(distances), **levels}


def compare_random_features(reals: np.ndarray, fakes: np.ndarray) -> dict[str, float]:
    """Return the figures of two sets of features of the random embedding, `[N, K]` each."""
    neighbourhoods = compare_neighbourhoods(reals, fakes)._asdict()
    return {
        "random_frechet": frechet_distance(reals, fakes),
        "random_kernel": TIMES * kernel_distance(reals, fakes),
        **{f"random_{name}": value for name, value in neighbourhoods.items()},
    }


def compare_inception_features(reals: np.ndarray, fakes: np.ndarray) -> dict[str, float]:
    """Return the figures of two sets of features of Inception, `[N, 2048]` each."""
    return {
        "inception_fid": frechet_distance(reals, fakes),
        "inception_kid": TIMES * kernel_distance(reals, fakes),
    }
