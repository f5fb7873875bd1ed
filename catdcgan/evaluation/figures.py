"""The figures of an evaluation: their names, what they are in words, and which way is better."""

from typing import NamedTuple

import numpy as np

from catdcgan.metrics.distances import compare_neighbourhoods, frechet_distance, kernel_distance
from catdcgan.metrics.inception import LABEL
from catdcgan.metrics.sliced_wasserstein import mean_over_levels, sliced_wasserstein

TIMES = 1000  # kernel distances are small
MOST_FOR_PATCHES = 2048  # pictures: 128 patches of each and level are in memory at once
LOWER, HIGHER = "lower", "higher"


class Figure(NamedTuple):
    """A figure.

    Attributes:
        words: for tables.
        heading: for narrow columns.
        better: LOWER or HIGHER.
    """

    words: str
    heading: str
    better: str


FIGURES = {
    "swd": Figure("sliced Wasserstein x 1,000, mean of levels", "SWD", LOWER),
    "random_frechet": Figure("Frechet distance, random embedding", "Frechet", LOWER),
    "random_kernel": Figure("kernel distance x 1,000, random embedding", "kernel", LOWER),
    "random_precision": Figure("precision, random embedding", "precision", HIGHER),
    "random_recall": Figure("recall, random embedding", "recall", HIGHER),
    "random_density": Figure("density, random embedding", "density", HIGHER),
    "random_coverage": Figure("coverage, random embedding", "coverage", HIGHER),
    "inception_fid": Figure(f"FID ({LABEL})", "FID*", LOWER),
    "inception_kid": Figure(f"KID x 1,000 ({LABEL})", "KID*", LOWER),
    "near_copies": Figure("near copies of training pictures, share", "copies", LOWER),
}


def figure_of(name: str) -> Figure:
    """Return what is known of a figure by its name."""
    if name in FIGURES:
        return FIGURES[name]
    size = name.removeprefix("swd_")
    return Figure(f"  at {size} pixels", f"SWD {size}", LOWER)


def compare_patches(reals, fakes) -> dict[str, float]:
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
