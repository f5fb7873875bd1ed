"""Random numbers as pure functions of (seed, purpose, index): nothing to save, O(1) to seek.

Philox is a counter-based generator: its key names a stream and its counter a place in it. The
key here is (seed, purpose) and the counter's highest word is the step or the epoch, so that any
step of a run can be computed without those before it, and no two streams overlap.
"""

import enum

import numpy as np


class Purpose(enum.IntEnum):
    """What a stream is for. The numbers are part of every run's identity: never renumber them."""

    SAMPLE_Z = 0  # the latents that `--seeds` names; the seed is the sample's, the index 0
    SHUFFLE = 1  # by epoch
    MIRROR = 2  # by step
    TRAINING_Z = 3  # by step
    GENERATOR_Z = 4  # by step; where the generator's update has latents of its own
    STATISTICS_Z = 5  # by batch; what the averaged generator's batch norms are measured on


def random_stream(seed: int, purpose: Purpose, index: int = 0) -> np.random.Generator:
    """Return the generator at place `index` (a step or an epoch) of the stream of `purpose`."""
    key = np.array([seed, purpose], dtype=np.uint64)
    counter = np.array([0, 0, 0, index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))
