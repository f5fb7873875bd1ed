"""Distances between two sets of features: of Gaussians, by a kernel, and by neighbourhoods.

Features are numbers that some embedding gives each picture, float `[N, K]`. Everything here is
computed in float64, in blocks, so that memory does not grow with the square of N.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from catdcgan.metrics.stable_random import stable_order

VERSION = 1  # to be raised with any change that changes a figure: caches are named by it
NEIGHBOURS = 5  # of a point, that its ball reaches, as in Naeem et al. 2020
SUBSET = 1000  # features, as in Binkowski et al. 2018
SUBSETS = 20
BLOCK = 512  # rows of a matrix of distances in memory at once


class Neighbourhoods(NamedTuple):
    """How two sets lie in one another, each a share; see `compare_neighbourhoods`.

    Attributes:
        precision: of fakes that lie near a real.
        recall: of reals that lie near a fake.
        density: in how many reals' balls a fake lies, as a share of what is usual; it can exceed 1.
        coverage: of reals that have a fake near them.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def frechet_distance(reals: np.ndarray, fakes: np.ndarray) -> float:
    """Return the squared Frechet distance of Gaussians fitted to two sets, `[N, K]` and `[M, K]`.

    |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)), Dowson and Landau 1982; on Inception's features
    it is the FID of Heusel et al. 2017. 0 is best. Its expectation falls with N: figures compare
    only at equal numbers.
    """
    mean, other_mean = (features.mean(axis=0, dtype=np.float64) for features in (reals, fakes))
    # Divided so that the covariances are products of these with themselves.
    ours = (reals - mean) / np.sqrt(len(reals) - 1)
    theirs = (fakes - other_mean) / np.sqrt(len(fakes) - 1)
    spread = np.sum(ours**2) + np.sum(theirs**2) - 2 * _trace_of_root(ours, theirs)
    return float(np.sum((mean - other_mean) ** 2) + max(spread, 0))


def kernel_distance(reals: np.ndarray, fakes: np.ndarray) -> float:
    """Return the squared maximum mean discrepancy of two sets, `[N, K]` and `[M, K]`.

    With the kernel (x.y / K + 1)^3 and without bias, as in the KID of Binkowski et al. 2018: 0 on
    average for two sets of one law, so a single figure may be below 0. Beyond 1,000 features it is
    the mean over 20 subsets of so many, drawn the same way each time.
    """
    size = min(len(reals), len(fakes), SUBSET)
    found = []
    for number in range(SUBSETS if max(len(reals), len(fakes)) > size else 1):
        ours, theirs = (
            features[stable_order(f"kernel distance {name} {number}", len(features))[:size]]
            for name, features in (("reals", reals), ("fakes", fakes))
        )
        found.append(_unbiased_discrepancy(ours.astype(np.float64), theirs.astype(np.float64)))
    return float(np.mean(found))


def compare_neighbourhoods(
    reals: np.ndarray, fakes: np.ndarray, neighbours: int = NEIGHBOURS
) -> Neighbourhoods:
    """Return precision and recall, density and coverage of two sets, `[N, K]` and `[M, K]`.

    A point's ball reaches its 5th neighbour in its own set. Precision and recall are those of
    Kynkaanniemi et al. 2019 (who take the 3rd), density and coverage those of Naeem et al. 2020.

    Raises:
        ValueError: a set has no more points than `neighbours`.
    """
    if min(len(reals), len(fakes)) <= neighbours:
        raise ValueError(f"{len(reals)} and {len(fakes)}; more than {neighbours} are needed")
    real_radii, fake_radii = _radii(reals, neighbours), _radii(fakes, neighbours)
    near_a_fake, covered = np.zeros(len(reals), bool), np.zeros(len(reals), bool)
    near_a_real, balls = 0, 0
    for start, distances in _squared_distances(fakes, reals):  # [block of fakes, reals]
        within_real = distances <= real_radii
        near_a_real += int(within_real.any(axis=1).sum())
        balls += int(within_real.sum())
        covered |= within_real.any(axis=0)
        radii = fake_radii[start : start + len(distances), None]
        near_a_fake |= (distances <= radii).any(axis=0)
    return Neighbourhoods(
        precision=near_a_real / len(fakes),
        recall=float(near_a_fake.mean()),
        density=balls / (neighbours * len(fakes)),
        coverage=float(covered.mean()),
    )


def _trace_of_root(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return trace((C1 C2)^(1/2)) of C1 = A'A and C2 = B'B, A and B `[N, K]` and `[M, K]`.

    The eigenvalues of C1 C2 are the squares of the singular values of AB'. With R = C1^(1/2) they
    are those of the symmetric R C2 R, too. Either way there are no complex roots, however close to
    singular the two are; it is the shape that tells which way is shorter.
    """
    if min(len(ours), len(theirs)) < ours.shape[1]:
        return float(np.linalg.svd(ours @ theirs.T, compute_uv=False).sum())
    values, vectors = np.linalg.eigh(ours.T @ ours)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ (theirs.T @ theirs) @ root)
    return float(np.sqrt(np.maximum(product, 0)).sum())


def _unbiased_discrepancy(ours: np.ndarray, theirs: np.ndarray) -> float:
    count = len(ours)

    def kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        base = first @ second.T / first.shape[1] + 1
        return base * base * base  # many times faster than ** 3

    within = 0.0
    for features in (ours, theirs):
        table = kernel(features, features)
        within += (table.sum() - np.trace(table)) / (count * (count - 1))
    return float(within - 2 * kernel(ours, theirs).mean())


def _radii(features: np.ndarray, neighbours: int) -> np.ndarray:
    """Return each point's squared distance to its so-and-so-many-th neighbour, `[N]`."""
    radii = np.empty(len(features))
    for start, distances in _squared_distances(features, features):
        # Its distance to itself, 0, comes first.
        part = np.partition(distances, neighbours, axis=1)[:, neighbours]
        radii[start : start + len(distances)] = part
    return radii


def _squared_distances(rows: np.ndarray, columns: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the table of squared distances in blocks: its first row's number, `[<= BLOCK, M]`."""
    centre = columns.mean(axis=0, dtype=np.float64)  # nearer to 0 the products round less
    columns = columns - centre
    column_lengths = np.sum(columns**2, axis=1)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK] - centre
        lengths = np.sum(block**2, axis=1)[:, None] + column_lengths
        distances = lengths - 2 * block @ columns.T
        distances[distances < 1e-12 * lengths] = 0  # equal points, but for rounding
        yield start, distances
