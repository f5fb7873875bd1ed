"""What each step of training is fed with: a pure function of the seed and the step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.graph.inputs import Inputs
from catdcgan.pictures.pixels import to_floats
from catdcgan.randomness.latents import training_z
from catdcgan.randomness.streams import Purpose
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.training.batches import batch_at


class TrainingFeeds:
    """Makes feeds of the graph that trains: to each replica of this process its rows of a batch."""

    def __init__(
        self,
        config: Config,
        replicas: Sequence[tuple[Inputs, range]],
        images: np.ndarray,
        schedule: Schedule,
    ) -> None:
        """Gather.

        Args:
            replicas: the inputs of each, and which rows of a batch it takes.
            images: what is learned from, uint8 `[N, S, S, C]`.
        """
        self._config, self._replicas = config, replicas
        self._images, self._schedule = images, schedule

    def make(self, step: int) -> dict[tf.Tensor, Any]:
        """Return what step number `step`, from 0, is fed with."""
        config, rate = self._config, self._schedule.rate_at(step)
        z = self._draw(step, 1, Purpose.TRAINING_Z)
        feed: dict[tf.Tensor, Any] = {}
        for inputs, rows in self._replicas:
            pixels = batch_at(
                self._images,
                step,
                config.batch_size,
                rows=rows,
                seed=config.seed,
                shuffle=config.shuffle,
                mirror=bool(config.mirror),
            )
            feed |= {
                inputs.real_images: to_floats(pixels, config.pixel_range),
                inputs.z: _rows_of_each(z, rows),
                inputs.lr_d: config.lr_d * rate,
                inputs.lr_g: config.lr_g * rate,
                inputs.step: step,
            }
        if config.fresh_noise:
            g_z = self._draw(step, config.g_batches, Purpose.GENERATOR_Z)
            feed |= {inputs.g_z: _rows_of_each(g_z, rows) for inputs, rows in self._replicas}
        return feed

    def send_ahead(self, session: v1.Session, step: int) -> dict[tf.Tensor, Any]:
        """Return what the run of step number `step` is fed with; send ahead what goes before it."""
        feed = self.make(step)
        for inputs, _ in self._replicas:
            if inputs.send_ahead is not None:
                ahead = {inputs.real_images, inputs.z, inputs.g_z}
                session.run(inputs.send_ahead, {tensor: feed.pop(tensor) for tensor in ahead})
        return feed

    def _draw(self, step: int, batches: int, purpose: Purpose) -> np.ndarray:
        """Return latents of whole batches, float32 `[batches, batch_size, z_dim]`."""
        config = self._config
        count = batches * config.batch_size
        z = training_z(config.noise_law, config.seed, step, count, config.z_dim, purpose)
        return z.reshape(batches, config.batch_size, config.z_dim)


def _rows_of_each(batches: np.ndarray, rows: range) -> np.ndarray:
    """Return rows of each batch, one batch's after the other's, `[k, N, z] -> [k * rows, z]`."""
    return batches[:, rows.start : rows.stop].reshape(-1, batches.shape[-1])
