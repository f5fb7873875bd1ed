"""Which real pictures samples are compared with, and which real pictures give the floor.

The floor of a figure is what it is for real pictures in the place of samples: no generator is
better, but by chance or by copying. It needs two sets of real pictures that have none in common.
"""

from typing import NamedTuple

import numpy as np

from catdcgan.console.errors import UserError
from catdcgan.metrics.distances import NEIGHBOURS
from catdcgan.metrics.stable_random import stable_order

USUAL_NUMBER = 1024  # of pictures a side
FEWEST = NEIGHBOURS + 1  # with which every figure is defined


class Selection:
    """Some pictures of a set, read when they are asked for: the set may be mapped from a file."""

    def __init__(self, images: np.ndarray, indices: np.ndarray) -> None:
        """Choose `indices` of uint8 `[N, S, S, C]`."""
        self._images, self._indices = images, indices
        self.shape = (len(indices), *images.shape[1:])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._indices)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Return a part of them, in their order."""
        return self._images[self._indices[part]]


class Known(NamedTuple):
    """Real pictures.

    Attributes:
        images: uint8 `[N, S, S, C]`.
        words: what they are.
        key: what they are recognised by.
    """

    images: np.ndarray
    words: str
    key: str


class Reals(NamedTuple):
    """The real pictures of an evaluation.

    Attributes:
        reference: what samples are compared with, as many as there are samples.
        others: what the reference is compared with for the floor, as many or fewer.
        training: all pictures that may have been learned by heart, uint8 `[N, S, S, C]`.
        fresh: whether the reference is none of them.
        words: what the reference is, and how the floor is made.
        key: what all this is recognised by.
    """

    reference: Selection
    others: Selection
    training: np.ndarray
    fresh: bool
    words: str
    key: str


def enough(held_back: Known) -> Known | None:
    """Return pictures that were held back; None where they are too few to compare with."""
    return held_back if len(held_back.images) >= FEWEST else None


def choose_reals(
    training: Known, reference: Known | None, num: int | None, available: int | None = None
) -> Reals:
    """Choose as many real pictures as there are to be samples, the same ones each time.

    Args:
        training: what the generator learned from.
        reference: pictures it did not learn from, where there are any; else the training pictures
            are parted in two.
        num: how many on a side, where that was asked for.
        available: how many samples there are, where they are not made as needed.

    Raises:
        UserError: there are not so many.
    """
    source = reference or training
    most = len(source.images) if reference else len(source.images) // 2
    if num and num > most:
        half = "" if reference else ", half of them, since the floor needs as many others"
        raise UserError(
            f"--num: {num:,}; there are {source.words}; at most {most:,} will do{half}."
        )
    if num and available is not None and num > available:
        raise UserError(
            f"--num: {num:,}; there are {available:,} samples; at most so many will do."
        )
    count = num or min(most, USUAL_NUMBER, USUAL_NUMBER if available is None else available)
    if count < FEWEST:
        raise UserError(
            f"{source.words}{'' if available is None else f', {available:,} samples'}: too few; "
            f"{FEWEST if reference else 2 * FEWEST} pictures and {FEWEST} samples are needed."
        )
    if len(training.images) < FEWEST:
        raise UserError(f"{training.words} learned from: too few; {FEWEST} are needed.")
    order = stable_order("reference", len(source.images))
    chosen = Selection(source.images, order[:count])
    if reference is None:
        others = Selection(source.images, order[count : 2 * count])
        words = f"{count:,} of {source.words}; floor: against {len(others):,} others of them"
    else:
        other_order = stable_order("others", len(training.images))
        others = Selection(training.images, other_order[:count])
        words = f"{count:,} of {source.words}; floor: against {len(others):,} of {training.words}"
    kind = "halves" if reference is None else "apart"
    key = f"{kind} {source.key} {training.key} {count} {len(others)}"
    return Reals(chosen, others, training.images, reference is not None, words, key)


def spread_indices(count: int, most: int) -> np.ndarray:
    """Return at most `most` indices below `count`, evenly spread."""
    return np.arange(count) if count <= most else np.arange(most) * count // most
