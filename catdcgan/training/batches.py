"""Which pictures a step sees: a pure function of (seed, step), so that any step can be sought."""

import functools

import numpy as np

from catdcgan.randomness.streams import Purpose, random_stream
from catdcgan.settings.schedule import steps_per_epoch


@functools.lru_cache(maxsize=2)  # the epoch at work, and the next one
def epoch_order(count: int, seed: int, epoch: int, shuffle: bool) -> np.ndarray:
    """Return the order of the pictures in an epoch, int64 `[count]`."""
    if not shuffle:
        return np.arange(count)
    return random_stream(seed, Purpose.SHUFFLE, epoch).permutation(count)


def batch_at(
    images: np.ndarray,
    step: int,
    batch_size: int,
    *,
    rows: range | None = None,
    seed: int,
    shuffle: bool,
    mirror: bool,
) -> np.ndarray:
    """Return the pictures of step number `step` (from 0), uint8 `[rows, H, W, C]`.

    Args:
        images: the whole set, uint8 `[N, H, W, C]`.
        rows: of the batch; None is all of it. Only these are made, as they are in the whole one.
        shuffle: a new order each epoch; otherwise the order of the set.
        mirror: each picture is mirrored with probability one half, drawn anew each step.
    """
    epoch, batch = divmod(step, steps_per_epoch(len(images), batch_size))
    order = epoch_order(len(images), seed, epoch, shuffle)
    wanted = slice(rows.start, rows.stop) if rows else slice(None)
    chosen = images[order[batch * batch_size : (batch + 1) * batch_size][wanted]]
    if mirror:
        flips = random_stream(seed, Purpose.MIRROR, step).random(batch_size)[wanted] < 0.5
        turned = chosen[flips]
        for channel in range(chosen.shape[-1]):  # six times as quick as whole pixels at once
            chosen[flips, ..., channel] = turned[:, :, ::-1, channel]
    return chosen
