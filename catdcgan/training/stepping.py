"""The networks at work in their session: their first values, then one step after the other."""

import math
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.console.errors import UserError
from catdcgan.graph.training import TrainingGraph
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.training.feeds import TrainingFeeds
from catdcgan.workers.team import Alone


class Scores(NamedTuple):
    """What D made of a batch's reals and fakes, float32 `[N, 1]` each.

    With several replicas, of the rows that the first one sees.
    """

    real: np.ndarray
    fake: np.ndarray


class Stepping:
    """Does steps, with the other workers where there are any."""

    def __init__(
        self,
        config: Config,
        graph: TrainingGraph,
        images: np.ndarray,
        schedule: Schedule,
        session_config: v1.ConfigProto,
        team: Alone,
    ) -> None:
        """Gather.

        Args:
            images: what is learned from, uint8 `[N, S, S, C]`.
        """
        self.feeds = TrainingFeeds(config, graph.replicas, images, schedule)
        self._config, self._graph, self._team = config, graph, team
        self._session_config = session_config
        self._agreed = False

    def open_session(self) -> v1.Session:
        """Return a session of the graph."""
        return self._team.open_session(self._graph.graph, self._session_config)

    def spread_values(self, session: v1.Session) -> None:
        """Give all replicas the variables that worker 0 has; freeze the graph."""
        with self._team.needed():
            session.run(self._graph.spread)
        self._graph.graph.finalize()

    def ends(self, wish: object) -> bool:
        """Tell whether to stop before the next step.

        Several workers agree on it within a step: all stop after the same one.

        Args:
            wish: true where this worker wishes it.
        """
        return bool(wish) if self._graph.wish is None else self._agreed

    def run(
        self, session: v1.Session, step: int, feed: dict[tf.Tensor, Any], wish: object = False
    ) -> tuple[dict[str, float], Scores]:
        """Update D, then G, on what was made for step number `step`; return its numbers.

        Args:
            wish: true where this worker wishes to stop; several are asked with the step.

        Raises:
            UserError: a loss or a weight is no number any more, or memory is too small.
            LostWorkerError: another worker is gone.
        """
        graph = self._graph
        numbers = {**graph.numbers, "lr_d": graph.inputs.lr_d, "lr_g": graph.inputs.lr_g}
        scores = Scores(graph.real_scores, graph.fake_scores)
        fetched = [numbers, scores, graph.finite, graph.train_g]
        if graph.wish is not None:
            fetched.append(graph.wish)
            feed |= {inputs.wish: float(bool(wish)) for inputs, _ in graph.replicas}
        try:
            with self._team.needed():
                values, scores, finite, _, *wishes = session.run(fetched, feed)
        except tf.errors.ResourceExhaustedError:
            batch_size = self._config.batch_size
            raise UserError(
                f"--batch_size: {batch_size} needs more memory than there is; a smaller one "
                f"({max(batch_size // 2, 1)}), --image_size or --base_filters is needed."
            ) from None  # the user's to settle: it would be too much at the next start too
        self._agreed = any(wish > 0 for wish in wishes)
        metrics = {name: float(value) for name, value in values.items()}
        self._refuse_sickness(step + 1, metrics, finite)
        return metrics, scores

    def _refuse_sickness(self, step: int, metrics: dict[str, float], finite: np.ndarray) -> None:
        # The same on all workers, which see the same numbers: they end in the same step.
        sick = [name for name, value in metrics.items() if not math.isfinite(value)]
        sick += [
            variable.op.name
            for variable, is_finite in zip(self._graph.variables, finite, strict=True)
            if not is_finite
        ]
        if sick:
            more = f" and {len(sick) - 1} more" if len(sick) > 1 else ""
            raise UserError(
                f"step {step}: {sick[0]}{more} is not a finite number; lower learning rates are "
                "needed (--lr_d, --lr_g). The checkpoints before it are sound."
            )
