"""What each step of training is fed with: a pure function of the seed and the step."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.graph.training import TrainingGraph
from catdcgan.pictures.pixels import to_floats
from catdcgan.randomness.latents import training_z
from catdcgan.randomness.streams import Purpose
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.training.batches import batch_at


class TrainingFeeds:
    """Makes feeds of the graph that trains."""

    def __init__(
        self, config: Config, graph: TrainingGraph, images: np.ndarray, schedule: Schedule
    ) -> None:
        """Gather.

        Args:
            images: what is learned from, uint8 `[N, S, S, C]`.
        """
        self._config, self._graph = config, graph
        self._images, self._schedule = images, schedule

    def make(self, step: int) -> dict[tf.Tensor, Any]:
        """Return what step number `step`, from 0, is fed with."""
        config, graph = self._config, self._graph
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
            graph.real_images: to_floats(pixels, config.pixel_range),
            **self._make_latents(step),
            graph.lr_d: config.lr_d * rate,
            graph.lr_g: config.lr_g * rate,
            graph.step: step,
        }

    def send_ahead(self, session: v1.Session, step: int) -> dict[tf.Tensor, Any]:
        """Return what the run of step number `step` is fed with; send ahead what goes before it."""
        feed, graph = self.make(step), self._graph
        if graph.send_ahead is not None:
            ahead = {graph.real_images, graph.z, graph.g_z}
            session.run(graph.send_ahead, {tensor: feed.pop(tensor) for tensor in ahead})
        return feed

    def _make_latents(self, step: int) -> dict[tf.Tensor, np.ndarray]:
        config, graph = self._config, self._graph
        law, size = config.noise_law, config.batch_size
        latents = {graph.z: training_z(law, config.seed, step, size, config.z_dim)}
        if config.fresh_noise:
            size *= config.g_batches
            latents[graph.g_z] = training_z(
                law, config.seed, step, size, config.z_dim, Purpose.GENERATOR_Z
            )
        return latents
