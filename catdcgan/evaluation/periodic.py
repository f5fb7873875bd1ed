"""The cheap figures of a run at work: how far its samples are from real pictures."""

import functools

import numpy as np

from catdcgan.console.errors import UserError
from catdcgan.evaluation.figures import compare_patches
from catdcgan.evaluation.reals import Known, choose_reals, enough
from catdcgan.metrics.catalogue import DISTANCE, FLOOR

MOST = 512  # samples, and as many reals: more cost more time than they tell between two checkpoints


class PeriodicEvaluation:
    """Measures samples of one run again and again, against the same reals.

    Attributes:
        count: how many samples are measured.
        words: what they are compared with.
    """

    def __init__(self, training: np.ndarray, held_back: np.ndarray) -> None:
        """Choose the reals.

        Args:
            training: what the run learns from, uint8 `[N, S, S, C]`.
            held_back: what it does not; where there is too little of it, the training pictures are
                parted in two.

        Raises:
            UserError: there are too few pictures.
        """
        learned = Known(training, f"{len(training):,} training pictures", "")
        apart = Known(held_back, f"{len(held_back):,} pictures that were held back", "")
        known = enough(apart)
        most = len(held_back) if known else len(training) // 2
        try:
            self._reals = choose_reals(learned, known, min(most, MOST) or None)
        except UserError as error:
            raise UserError(f"--evaluate_every: {error}") from error
        self.count = len(self._reals.reference)
        self.words = self._reals.words

    def measure(self, samples: np.ndarray) -> dict[str, float]:
        """Return the figures of samples, uint8 `[count, S, S, C]`, and what they are for reals."""
        figures = compare_patches(self._reals.reference, samples)
        return {**figures, FLOOR: self._floor}

    @functools.cached_property
    def _floor(self) -> float:
        return compare_patches(self._reals.reference, self._reals.others)[DISTANCE]
