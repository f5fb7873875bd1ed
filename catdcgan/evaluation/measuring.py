"""Every figure of a set of samples, and its floor; what depends on reals alone is kept on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catdcgan.evaluation.figures import (
    MOST_FOR_PATCHES,
    compare_inception_features,
    compare_patches,
    compare_random_features,
)
from catdcgan.evaluation.kept import Arrays, load_or_measure
from catdcgan.evaluation.reals import Reals, spread_indices
from catdcgan.metrics import distances, embedding, inception, nearest, sliced_wasserstein
from catdcgan.metrics.nearest import Nearest, find_nearest, rate_of_copies, threshold_of
from catdcgan.pictures.pixels import PictureSet
from catdcgan.storage import files

INCEPTION_FLAG = "--inception_weights"
MOST_TO_CALIBRATE = 1024  # training pictures that tell what is usually near

Figures = dict[str, float]


class Embedding(NamedTuple):
    """A way to features, and the figures made of them.

    Attributes:
        key: everything that its figures depend on, but for the pictures.
        embed: uint8 `[N, S, S, C]` -> float32 `[N, K]`.
        compare: two sets of features -> figures.
    """

    key: str
    embed: Callable[[PictureSet], np.ndarray]
    compare: Callable[[np.ndarray, np.ndarray], Figures]


class Measuring:
    """Measures sets of samples against the same reals.

    Attributes:
        floor: the figures of real pictures in the place of samples.
        threshold: the nearness below which a sample is a near copy.
    """

    def __init__(
        self, reals: Reals, folders: Sequence[Path], inception_weights: str | None = None
    ) -> None:
        """Measure the real pictures, or read what was kept of them.

        Args:
            folders: where statistics of reals may be kept, the best place first.
            inception_weights: a file, where FID and KID are wanted.

        Raises:
            UserError: the file of weights cannot be used.
        """
        self._reals, self._folders = reals, folders
        key = f"patches {sliced_wasserstein.VERSION} {MOST_FOR_PATCHES}"
        kept = self._keep(key, lambda: compare_patches(reals.reference, reals.others))
        self.floor = {name: float(value) for name, value in kept.items()}
        self._embeddings = [
            (known, self._measure_reference(known)) for known in _embeddings(inception_weights)
        ]
        kept = self._keep(f"nearest {nearest.VERSION} {MOST_TO_CALIBRATE}", self._find_usual)
        self.threshold = float(kept["threshold"])
        self.floor["near_copies"] = float(kept["floor"])

    def measure(self, samples: np.ndarray) -> tuple[Figures, Nearest]:
        """Return the figures of samples, uint8 `[N, S, S, C]`, and what lies nearest to each."""
        figures = compare_patches(self._reals.reference, samples)
        for known, features in self._embeddings:
            figures |= known.compare(features, known.embed(samples))
        found = find_nearest(samples, self._reals.training)
        figures["near_copies"] = rate_of_copies(found.nearness, self.threshold)
        return figures, found

    def _measure_reference(self, known: Embedding) -> np.ndarray:
        """Return the features of the reference, and note the floor of an embedding's figures."""

        def measure() -> Arrays:
            features, others = (
                known.embed(pictures) for pictures in (self._reals.reference, self._reals.others)
            )
            return {"features": features, **known.compare(features[: len(others)], others)}

        kept = dict(self._keep(known.key, measure))
        features = np.asarray(kept.pop("features"))
        self.floor |= {name: float(value) for name, value in kept.items()}
        return features

    def _find_usual(self) -> Arrays:
        """Return the threshold of near copies, and their rate among reals."""
        training = self._reals.training
        own = spread_indices(len(training), MOST_TO_CALIBRATE)
        usual = find_nearest(training[own], training, own).nearness
        threshold = threshold_of(usual)
        fresh = usual
        if self._reals.fresh:
            fresh = find_nearest(self._reals.reference, training).nearness
        return {"threshold": threshold, "floor": rate_of_copies(fresh, threshold)}

    def _keep(self, key: str, measure: Callable[[], Arrays]) -> Arrays:
        return load_or_measure(self._folders, f"{key} {self._reals.key}", measure)


def _embeddings(inception_weights: str | None) -> list[Embedding]:
    key = f"random {embedding.VERSION} {distances.VERSION}"
    known = [Embedding(key, embedding.embed, compare_random_features)]
    if inception_weights:
        digest = files.sha256_of(inception_weights)
        key = f"inception {inception.VERSION} {distances.VERSION} {digest}"

        def embed(pictures: PictureSet) -> np.ndarray:
            return inception.embed_with_inception(pictures, inception_weights, INCEPTION_FLAG)

        known.append(Embedding(key, embed, compare_inception_features))
    return known
