"""The loop: restore, step, snapshot, evaluate; what comes of it is `recording`'s to keep."""

import functools

import numpy as np
import tensorflow.compat.v1 as v1

from catdcgan.checkpoints import variables
from catdcgan.checkpoints.files import Checkpoint, prefix_of
from catdcgan.console.errors import UserError
from catdcgan.machine.stop_signals import StopRequest
from catdcgan.pictures.pixels import encode_jpeg, make_grid
from catdcgan.settings.setting import parse_grid
from catdcgan.training.job import Job
from catdcgan.training.prefetch import Prefetcher
from catdcgan.training.recording import Recording, open_recording
from catdcgan.training.samples import TrainingSamples
from catdcgan.training.stepping import Stepping


class Training:
    """A run at work: what its steps, snapshots and evaluations need at hand."""

    def __init__(self, job: Job) -> None:
        """Gather."""
        self.job = job
        self.steps = Stepping(
            job.config, job.graph, job.images, job.schedule, job.session_config, job.team
        )
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
            LostWorkerError: another worker is gone.
        """
        schedule, steps = self.job.schedule, self.steps
        figures: dict[str, float] = {}
        with steps.open_session() as session:
            step = self.start(session, checkpoint)
            send_ahead = functools.partial(steps.feeds.send_ahead, session)
            read_values = functools.partial(self.read_values, session)
            with (
                open_recording(self.job, step) as recording,
                Prefetcher(send_ahead, range(step, schedule.last_step)) as prefetcher,
            ):
                for index, feed in prefetcher:
                    wish = stop or recording.stop_reason
                    if steps.ends(wish):
                        break
                    self.samples.note_step()
                    metrics, scores = steps.run(session, index, feed, wish)
                    step = index + 1
                    if schedule.snapshot_due(step):
                        metrics |= self._take_snapshot(session, step, recording)
                    figures = self.evaluate(session) if schedule.evaluation_due(step) else {}
                    metrics |= figures
                    recording.note_step(step, metrics, scores, prefetcher.waited)
                    recording.save_if_due(step, figures, read_values)
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
                fresh = variables.restore_what_is_there(session, prefix, graph.variables)
                adam = "Adam's part is not all in it" if fresh else "Adam's part included"
                self.job.log.say(f"starting from {prefix}, {adam}")
        self.steps.spread_values(session)
        return checkpoint.step if checkpoint else 0

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
