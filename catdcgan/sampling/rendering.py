"""Seeds to pixels: the one way in which snapshots and samples are rendered."""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.pictures.pixels import to_pixels
from catdcgan.randomness.latents import sample_z
from catdcgan.settings.config import Config

# In bfloat16 the size of a batch changes the last bits of its pictures: always the same size, so
# that a seed is the same picture whatever is rendered beside it.
CHUNK = 16


def render_chunks(
    session: v1.Session,
    z: tf.Tensor,
    samples: tf.Tensor,
    seeds: Sequence[int],
    config: Config,
) -> Iterator[np.ndarray]:
    """Yield the pictures of the seeds in chunks, uint8 `[<= CHUNK, S, S, C]`.

    Args:
        z: the placeholder that takes latents, `[N, z_dim]`.
        samples: the pictures it gives, `[N, S, S, C]` in [-1, 1].
        config: tells the law of the latents, and the range of the pixels to show.
    """
    for start in range(0, len(seeds), CHUNK):
        latents = sample_z(config.noise_law, seeds[start : start + CHUNK], config.z_dim)
        filled = np.resize(latents, (CHUNK, config.z_dim))  # repeats its rows
        pictures = session.run(samples, {z: filled})[: len(latents)]
        yield to_pixels(pictures, config.pixel_range)
