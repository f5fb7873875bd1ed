"""What each step of training is fed with: a pure function of the seed and the step."""

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
    """Makes feeds of the graph that trains."""

    def __init__(
        self, config: Config, inputs: Inputs, images: np.ndarray, schedule: Schedule
    ) -> None:
        """Gather.

        Args:
            images: what is learned from, uint8 `[N, S, S, C]`.
        """
        self._config, self._inputs = config, inputs
        self._images, self._schedule = images, schedule

    def make(self, step: int) -> dict[tf.Tensor, Any]:
        """Return what step number `step`, from 0, is fed with."""
        config, inputs = self._config, self._inputs
        pixels = batch_at(
            self._images,
            step,
            config.batch_size,
            seed=config.seed,
            shuffle=config.shuffle,
            mirror=bool(config.mirror),
        )
        rate = self._schedule.rate_at(step)
        return {
            inputs.real_images: to_floats(pixels, config.pixel_range),
            **self._make_latents(step),
            inputs.lr_d: config.lr_d * rate,
            inputs.lr_g: config.lr_g * rate,
            inputs.step: step,
        }

    def send_ahead(self, session: v1.Session, step: int) -> dict[tf.Tensor, Any]:
        """Return what the run of step number `step` is fed with; send ahead what goes before it."""
        feed, inputs = self.make(step), self._inputs
        if inputs.send_ahead is not None:
            ahead = {inputs.real_images, inputs.z, inputs.g_z}
            session.run(inputs.send_ahead, {tensor: feed.pop(tensor) for tensor in ahead})
        return feed

    def _make_latents(self, step: int) -> dict[tf.Tensor, np.ndarray]:
        config, inputs = self._config, self._inputs
        law, size = config.noise_law, config.batch_size
        latents = {inputs.z: training_z(law, config.seed, step, size, config.z_dim)}
        if config.fresh_noise:
            size *= config.g_batches
            latents[inputs.g_z] = training_z(
                law, config.seed, step, size, config.z_dim, Purpose.GENERATOR_Z
            )
        return latents
