"""Latents to pixels: the one way in which snapshots and samples are rendered."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from catdcgan.images import to_pixels

# In bfloat16 the size of a batch changes the last bits of its pictures: always the same size, so
# that a latent is the same picture whatever is rendered beside it.
CHUNK = 16


def render_chunks(
    session: tf.compat.v1.Session,
    z: tf.Tensor,
    samples: tf.Tensor,
    latents: np.ndarray,
    pixel_range: float,
) -> Iterator[np.ndarray]:
    """Yield the pictures of `latents` in chunks, float32 `[N, z_dim]` -> uint8 `[<=16, S, S, 3]`.

    Args:
        z: the placeholder that takes latents.
        samples: the pictures it gives, in [-1, 1].
        pixel_range: the range to show, that of the reals the generator learned from.
    """
    for start in range(0, len(latents), CHUNK):
        chunk = latents[start : start + CHUNK]
        filled = np.resize(chunk, (CHUNK, chunk.shape[1]))  # repeats its rows
        yield to_pixels(session.run(samples, {z: filled})[: len(chunk)], pixel_range)


def render(
    session: tf.compat.v1.Session,
    z: tf.Tensor,
    samples: tf.Tensor,
    latents: np.ndarray,
    pixel_range: float,
) -> np.ndarray:
    """Return the pictures of all latents at once, `[N, z_dim]` -> uint8 `[N, S, S, 3]`."""
    return np.concatenate(list(render_chunks(session, z, samples, latents, pixel_range)))
