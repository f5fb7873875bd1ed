"""The loop: restore, step, snapshot, evaluate; what comes of it is `recording`'s to keep."""

import functools
import math
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.checkpoints import variables
from catdcgan.checkpoints.files import Checkpoint, prefix_of
from catdcgan.console.errors import UserError
from catdcgan.machine import devices
from catdcgan.machine.stop_signals import StopRequest
from catdcgan.pictures.pixels import encode_jpeg, make_grid
from catdcgan.settings.setting import parse_grid
from catdcgan.training.feeds import TrainingFeeds
from catdcgan.training.job import Job
from catdcgan.training.prefetch import Prefetcher
from catdcgan.training.recording import Recording, open_recording
from catdcgan.training.samples import TrainingSamples
from catdcgan.training.watcher import Scores


class Training:
    """A run at work: what its steps, snapshots and evaluations need at hand."""

    def __init__(self, job: Job) -> None:
        """Gather."""
        self.job = job
        self.feeds = TrainingFeeds(job.config, job.graph.replicas, job.images, job.schedule)
        self.samples = TrainingSamples(job.config, job.graph)

    def train(self, checkpoint: Checkpoint | None, stop: StopRequest) -> int:
        """Train until the last step or until asked to stop; then everything is saved.

        Args:
            checkpoint: where the run goes on; without one it starts at step 0.

        Returns:
            The number of steps done since step 0.

        Raises:
            UserError: training became sick, memory was too small, or a checkpoint could not be
                read, or not be saved at the end.
        """
        job, schedule = self.job, self.job.schedule
        config = devices.session_config(job.record.arithmetic.threads, job.config.jit)
        figures: dict[str, float] = {}
        with v1.Session(graph=job.graph.graph, config=config) as session:
            step = self.start(session, checkpoint)
            send_ahead = functools.partial(self.feeds.send_ahead, session)
            read_values = functools.partial(self.read_values, session)
            with (
                open_recording(job, step) as recording,
                Prefetcher(send_ahead, range(step, schedule.last_step)) as prefetcher,
            ):
                for index, feed in prefetcher:
                    if stop:
                        break
                    metrics, scores = self.run_step(session, index, feed)
                    step = index + 1
                    if schedule.snapshot_due(step):
                        metrics |= self._take_snapshot(session, step, recording)
                    figures = self.evaluate(session) if schedule.evaluation_due(step) else {}
                    metrics |= figures
                    recording.note_step(step, metrics, scores, prefetcher.waited)
                    recording.save_if_due(step, figures, read_values)
                    if recording.stop_reason:
                        break
                recording.finish(step, figures, read_values, stop)
        if recording.stop_reason and step < schedule.last_step:
            raise UserError(f"{recording.stop_reason} The checkpoint of step {step:,} is saved.")
        return step

    def start(self, session: v1.Session, checkpoint: Checkpoint | None) -> int:
        """Give every variable its value and freeze the graph; return the steps done so far."""
        graph, config = self.job.graph, self.job.config
        if checkpoint:
            variables.restore(session, checkpoint.prefix, variables.by_name(graph.variables))
        else:
            session.run(graph.initialize)
            if config.init_from:
                prefix = prefix_of(config.init_from, "--init_from")
                fresh = variables.restore_what_is_there(session, prefix)
                adam = "Adam's part is not all in it" if fresh else "Adam's part included"
                self.job.log.say(f"starting from {prefix}, {adam}")
        graph.graph.finalize()
        return checkpoint.step if checkpoint else 0

    def run_step(
        self, session: v1.Session, step: int, feed: dict[tf.Tensor, Any]
    ) -> tuple[dict[str, float], Scores]:
        """Update D, then G, on what was made for step number `step`; return its numbers.

        Raises:
            UserError: a loss or a weight is no number any more, or memory is too small.
        """
        graph = self.job.graph
        numbers = {**graph.numbers, "lr_d": graph.inputs.lr_d, "lr_g": graph.inputs.lr_g}
        scores = Scores(graph.real_scores, graph.fake_scores)
        fetched = (numbers, scores, graph.finite, graph.train_g)
        self.samples.note_step()
        try:
            values, scores, finite, _ = session.run(fetched, feed)
        except tf.errors.ResourceExhaustedError:
            batch_size = self.job.config.batch_size
            raise UserError(
                f"--batch_size: {batch_size} needs more memory than there is; a smaller one "
                f"({max(batch_size // 2, 1)}), --image_size or --base_filters is needed."
            ) from None  # the user's to settle: it would be too much at the next start too
        metrics = {name: float(value) for name, value in values.items()}
        self._refuse_sickness(step + 1, metrics, finite)
        return metrics, scores

    def render_snapshot(self, session: v1.Session) -> tuple[np.ndarray, bytes]:
        """Return the pictures of seeds 0, 1, 2, ..., uint8 `[N, S, S, C]`, and a JPEG of them."""
        rows, columns = parse_grid(self.job.config.snapshot_grid)
        pictures = self.samples.render(session, range(rows * columns))
        return pictures, encode_jpeg(make_grid(pictures, rows, columns))

    def read_values(self, session: v1.Session) -> dict[str, np.ndarray]:
        """Return copies of all variables, by name: what is sampled from is up to date in them."""
        self.samples.measure_statistics(session)
        return variables.read_values(session, self.job.graph.variables)

    def evaluate(self, session: v1.Session) -> dict[str, float]:
        """Return how far samples are from real pictures, by the names of the figures."""
        evaluation = self.job.evaluation
        if evaluation is None:
            return {}
        return evaluation.measure(self.samples.render(session, range(evaluation.count)))

    def _take_snapshot(
        self, session: v1.Session, step: int, recording: Recording
    ) -> dict[str, float]:
        return recording.write_snapshot(step, *self.render_snapshot(session))

    def _refuse_sickness(self, step: int, metrics: dict[str, float], finite: np.ndarray) -> None:
        sick = [name for name, value in metrics.items() if not math.isfinite(value)]
        sick += [
            variable.op.name
            for variable, is_finite in zip(self.job.graph.variables, finite, strict=True)
            if not is_finite
        ]
        if sick:
            more = f" and {len(sick) - 1} more" if len(sick) > 1 else ""
            raise UserError(
                f"step {step}: {sick[0]}{more} is not a finite number; lower learning rates are "
                "needed (--lr_d, --lr_g). The checkpoints before it are sound."
            )
