"""Pictures of the networks in training: by the averaged weights, where there are averages."""

from collections.abc import Sequence

import numpy as np
import tensorflow.compat.v1 as v1

from catdcgan.graph.training import TrainingGraph
from catdcgan.graph.weight_averages import measure_statistics
from catdcgan.randomness.latents import training_z
from catdcgan.randomness.streams import Purpose
from catdcgan.sampling.rendering import render_chunks
from catdcgan.settings.config import Config

# Made to measure the averaged generator's batch norms, in batches as in training.
STATISTICS_PICTURES = 256


class TrainingSamples:
    """Renders from the graph that trains."""

    def __init__(self, config: Config, graph: TrainingGraph) -> None:
        """Gather."""
        self._config, self._graph = config, graph
        self._measured = False

    def render(self, session: v1.Session, seeds: Sequence[int]) -> np.ndarray:
        """Return the pictures of the seeds, uint8 `[N, S, S, C]`."""
        self.measure_statistics(session)
        graph = self._graph
        return np.concatenate(
            list(render_chunks(session, graph.inputs.z, graph.samples, seeds, self._config))
        )

    def measure_statistics(self, session: v1.Session) -> None:
        """Measure the batch norms of the averaged generator, on the same latents each time.

        Whatever is rendered or saved is up to date afterwards, until `note_step`.
        """
        if self._graph.averaged and not self._measured:
            count = -(-STATISTICS_PICTURES // self._config.batch_size)
            batches = map(self._make_latents, range(count))
            measure_statistics(session, self._graph.averaged, self._graph.inputs.z, batches)
            self._measured = True

    def note_step(self) -> None:
        """Take note that the weights are others than before."""
        self._measured = False

    def _make_latents(self, index: int) -> np.ndarray:
        config = self._config
        return training_z(
            config.noise_law,
            config.seed,
            index,
            config.batch_size,
            config.z_dim,
            Purpose.STATISTICS_Z,
        )
