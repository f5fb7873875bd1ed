"""Latent vectors `z`: the noise laws of the presets, for training and for sampling by seed."""

from collections.abc import Callable, Sequence

import numpy as np

from catdcgan.randomness.streams import Purpose, random_stream

NOISE_LAWS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "uniform": lambda stream, shape: stream.uniform(-1.0, 1.0, shape),
    "normal": lambda stream, shape: stream.normal(0.0, 1.0, shape),
    # Of the Keras GAN with batch norm on MNIST (2023): its listing has loc=-1 and divides by 2.
    "halved_normal": lambda stream, shape: stream.normal(-1.0, 1.0, shape) / 2,
}


def training_z(
    noise_law: str,
    seed: int,
    step: int,
    batch_size: int,
    z_dim: int,
    purpose: Purpose = Purpose.TRAINING_Z,
) -> np.ndarray:
    """Return the `z` that step number `step` trains on, float32 `[batch_size, z_dim]`.

    Args:
        purpose: TRAINING_Z, or another one of latents in batches.
    """
    stream = random_stream(seed, purpose, step)
    return NOISE_LAWS[noise_law](stream, (batch_size, z_dim)).astype(np.float32)


def sample_z(noise_law: str, seeds: Sequence[int], z_dim: int) -> np.ndarray:
    """Return one latent a seed, float32 `[len(seeds), z_dim]`.

    Row i depends on `seeds[i]` and the noise law alone (a Philox stream keyed by the seed), so a
    seed is the same cat whatever the count, the order, or the `--seed` of the run.
    """
    rows = [NOISE_LAWS[noise_law](random_stream(k, Purpose.SAMPLE_Z), (z_dim,)) for k in seeds]
    return np.stack(rows).astype(np.float32)
