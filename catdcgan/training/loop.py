"""The loop: restore, step, log, snapshot, save."""

import contextlib
import dataclasses
import functools
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from catdcgan.checkpoints import variables
from catdcgan.checkpoints.files import FIGURE, Checkpoint, figure_of, find_all, prefix_of, prune
from catdcgan.checkpoints.manifest import Notes
from catdcgan.console.errors import UserError
from catdcgan.console.words import in_words
from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.graph.training import TrainingGraph
from catdcgan.machine import devices
from catdcgan.machine.stop_signals import StopRequest
from catdcgan.pictures.pixels import encode_jpeg, make_grid
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.metrics_file import MetricsFile
from catdcgan.run_folder.record import Record
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.settings.setting import parse_grid
from catdcgan.storage.outbox import Outbox
from catdcgan.training.batches import epoch_order
from catdcgan.training.feeds import TrainingFeeds
from catdcgan.training.prefetch import Prefetcher
from catdcgan.training.progress import TrainingProgress
from catdcgan.training.samples import TrainingSamples
from catdcgan.training.saves import Saves
from catdcgan.training.watcher import Scores, Watcher

v1 = tf.compat.v1


class Training:
    """A run at work: what its steps, snapshots and saves need at hand."""

    def __init__(
        self,
        config: Config,
        graph: TrainingGraph,
        images: np.ndarray,
        schedule: Schedule,
        run: RunDirectory,
        record: Record,
        log: RunLog,
        evaluation: PeriodicEvaluation | None = None,
    ) -> None:
        """Gather.

        Args:
            images: what is learned from, uint8 `[N, S, S, C]`.
            evaluation: measures samples, where that is wanted.
        """
        self.config = config
        self.graph = graph
        self.feeds = TrainingFeeds(config, graph, images, schedule)
        self.samples = TrainingSamples(config, graph)
        self.images = images
        self.schedule = schedule
        self.run = run
        self.record = record
        self.log = log
        self.outbox = Outbox(log.say)
        self._evaluation = evaluation

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
        threads = self.record.arithmetic.threads
        config = devices.session_config(threads, self.config.jit)
        with v1.Session(graph=self.graph.graph, config=config) as session:
            step = self.start(session, checkpoint)
            metrics_file = self._open_metrics(step)
            watcher = self._begin_watching(step)
            if self._evaluation:
                self.log.say(f"quality    against {self._evaluation.words}")
            progress = TrainingProgress(self.log, self.schedule, self.config.batch_size, step)
            saves = Saves(self.schedule, self.config, step, self.log.say)
            figures = {}
            send_ahead = functools.partial(self.feeds.send_ahead, session)
            prefetcher = Prefetcher(send_ahead, range(step, self.schedule.last_step))
            try:
                for index, feed in prefetcher:
                    if stop:
                        break
                    metrics, scores = self.run_step(session, index, feed)
                    step = index + 1
                    if self.schedule.snapshot_due(step):
                        metrics |= self._take_snapshot(session, step, watcher)
                    figures = self.evaluate(session) if self.schedule.evaluation_due(step) else {}
                    metrics |= figures
                    health = watcher.judge(step, metrics)
                    timing = progress.show(step, metrics, watcher.note)
                    timing["data_wait"] = prefetcher.waited / timing["seconds"]
                    if self.schedule.snapshot_due(step):
                        timing |= watcher.measure_machine()
                    epoch = self.schedule.epoch_at(step)
                    line = {"epoch": epoch, **metrics, **health, "timing": timing}
                    metrics_file.write(step, line)
                    watcher.note_step(step, line, scores)
                    if progress.estimate_is_due(step):
                        self._say_how_long(progress, step)
                    if saves.due(step, wanted=self._are_best(figures)):
                        watcher.prepare_save()
                        self._begin_save(session, step, metrics_file, saves, figures)
                    if saves.has_news():
                        watcher.note_save(progress.seconds_left(step))
                    if watcher.stop_reason:
                        break
                saves.wait()
                if step != saves.saved_step:
                    watcher.prepare_save()
                    self._deliver_what_belongs_to_it(metrics_file)
                    self.save(self.read_values(session), step, figures)
                progress.close()
                watcher.finish(stop)
            except UserError as error:
                watcher.fail(error)
                raise
            finally:
                saves.close()
                prefetcher.close()
                progress.close()
                metrics_file.close()
                watcher.close()
        if watcher.stop_reason and step < self.schedule.last_step:
            raise UserError(f"{watcher.stop_reason} The checkpoint of step {step:,} is saved.")
        return step

    def start(self, session: v1.Session, checkpoint: Checkpoint | None) -> int:
        """Give every variable its value and freeze the graph; return the steps done so far."""
        if checkpoint:
            variables.restore(session, self.graph.saver, checkpoint.prefix)
        else:
            session.run(self.graph.initialize)
            if self.config.init_from:
                prefix = prefix_of(self.config.init_from, "--init_from")
                fresh = variables.restore_what_is_there(session, prefix)
                adam = "Adam's part is not all in it" if fresh else "Adam's part included"
                self.log.say(f"starting from {prefix}, {adam}")
        self.graph.graph.finalize()
        self._write_reals()
        return checkpoint.step if checkpoint else 0

    def run_step(
        self, session: v1.Session, step: int, feed: dict[tf.Tensor, Any]
    ) -> tuple[dict[str, float], Scores]:
        """Update D, then G, on what was made for step number `step`; return its numbers.

        Raises:
            UserError: a loss or a weight is no number any more, or memory is too small.
        """
        numbers = {
            "d_loss": self.graph.d_loss,
            "g_loss": self.graph.g_loss,
            "d_real": self.graph.d_real,
            "d_fake": self.graph.d_fake,
            **self.graph.numbers,
            "lr_d": self.graph.lr_d,
            "lr_g": self.graph.lr_g,
        }
        scores = Scores(self.graph.real_scores, self.graph.fake_scores)
        fetched = (numbers, scores, self.graph.finite, self.graph.train_g)
        self.samples.note_step()
        try:
            values, scores, finite, _ = session.run(fetched, feed)
        except tf.errors.ResourceExhaustedError as error:
            half = max(self.config.batch_size // 2, 1)
            raise UserError(
                f"--batch_size: {self.config.batch_size} needs more memory than there is; a "
                f"smaller one ({half}), --image_size or --base_filters is needed."
            ) from error
        metrics = {name: float(value) for name, value in values.items()}
        self._refuse_sickness(step + 1, metrics, finite)
        return metrics, scores

    def render_snapshot(self, session: v1.Session) -> tuple[np.ndarray, bytes]:
        """Return the pictures of seeds 0, 1, 2, ..., uint8 `[N, S, S, C]`, and a JPEG of them."""
        rows, columns = parse_grid(self.config.snapshot_grid)
        pictures = self.samples.render(session, range(rows * columns))
        return pictures, encode_jpeg(make_grid(pictures, rows, columns))

    def read_values(self, session: v1.Session) -> dict[str, np.ndarray]:
        """Return copies of all variables, by name: what is sampled from is up to date in them."""
        self.samples.measure_statistics(session)
        return variables.read_values(session, self.graph.variables)

    def evaluate(self, session: v1.Session) -> dict[str, float]:
        """Return how far samples are from real pictures, by the names of the figures."""
        seeds = range(self._evaluation.count)
        return self._evaluation.measure(self.samples.render(session, seeds))

    def save(
        self, values: dict[str, np.ndarray], step: int, figures: dict[str, float]
    ) -> Checkpoint:
        """Save what the variables were after `step`; remove checkpoints that are not to be kept.

        Args:
            figures: of its samples, where they were measured.

        Raises:
            UserError: it cannot be saved; those before it are whole.
        """
        notes = Notes(
            epoch=self.schedule.epoch_at(step),
            saved=time.time(),
            figures=figures,
            # Without the continuations, which grow: enough to go on where run.json is lost.
            record=dataclasses.replace(self.record, continued=()).as_json(),
        )
        with _named_on_failure():
            self.run.publish_growing_files()
        checkpoint = variables.save(values, self.run.path, step, notes)
        prune(self.run.path, self.config.keep_checkpoints, self.config.keep_every_hours)
        return checkpoint

    def _are_best(self, figures: dict[str, float]) -> bool:
        """Tell whether no checkpoint that is there has samples as good."""
        if FIGURE not in figures:
            return False
        return figures[FIGURE] < min(map(figure_of, find_all(self.run.path)), default=math.inf)

    def _refuse_sickness(self, step: int, metrics: dict[str, float], finite: np.ndarray) -> None:
        sick = [name for name, value in metrics.items() if not math.isfinite(value)]
        sick += [
            variable.op.name
            for variable, is_finite in zip(self.graph.variables, finite, strict=True)
            if not is_finite
        ]
        if sick:
            more = f" and {len(sick) - 1} more" if len(sick) > 1 else ""
            raise UserError(
                f"step {step}: {sick[0]}{more} is not a finite number; lower learning rates are "
                "needed (--lr_d, --lr_g). The checkpoints before it are sound."
            )

    def _choose_reals(self) -> np.ndarray:
        """Return as many pictures of the first epoch as a snapshot shows, `[N, S, S, C]`."""
        rows, columns = parse_grid(self.config.snapshot_grid)
        order = epoch_order(len(self.images), self.config.seed, 0, self.config.shuffle)
        return self.images[np.sort(order[: rows * columns])]

    def _write_reals(self) -> None:
        """Write a sheet of pictures of the first epoch."""
        rows, columns = parse_grid(self.config.snapshot_grid)
        sheet = make_grid(self._choose_reals(), rows, columns)
        self.outbox.write(self.run.reals, encode_jpeg(sheet))

    def _begin_watching(self, step: int) -> Watcher:
        return Watcher(
            self.config,
            self.schedule,
            self.run,
            self.record,
            self.log,
            self.graph.graph,
            self._choose_reals(),
            step,
        )

    def _take_snapshot(self, session: v1.Session, step: int, watcher: Watcher) -> dict[str, float]:
        """Write the snapshot of a step; return the numbers of its pictures."""
        pictures, sheet = self.render_snapshot(session)
        self.outbox.write(self.run.snapshot(step), sheet)
        return watcher.measure(pictures, sheet)

    def _open_metrics(self, step: int) -> MetricsFile:
        metrics_file = MetricsFile(self.run.metrics, step)
        if metrics_file.missing:
            self.log.say(
                f"{self.run.metrics}: {metrics_file.missing:,} of the {step:,} lines so far are "
                "damaged or missing"
            )
        return metrics_file

    def _begin_save(
        self,
        session: v1.Session,
        step: int,
        metrics_file: MetricsFile,
        saves: Saves,
        figures: dict[str, float],
    ) -> None:
        try:
            self._deliver_what_belongs_to_it(metrics_file)
        except UserError as error:
            saves.note_failure(error)
            return
        # Training waits only while the values are copied, not while they are written.
        values = self.read_values(session)
        saves.begin(step, lambda: self.save(values, step, figures))

    def _deliver_what_belongs_to_it(self, metrics_file: MetricsFile) -> None:
        """Write what the steps so far have left: a checkpoint never knows more than its folder.

        Raises:
            UserError: the disk is full or cannot be written to.
        """
        with _named_on_failure():
            self.outbox.deliver()
            metrics_file.flush()

    def _say_how_long(self, progress: TrainingProgress, step: int) -> None:
        left = in_words(progress.seconds_left(step))
        self.log.say(f"{progress.seconds_a_step():.2g} s a step: about {left} to the last step")


@contextlib.contextmanager
def _named_on_failure() -> Iterator[None]:
    """Turn an error of the disk into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{error.filename}: cannot be written ({error.strerror}); room and the right to "
            "write are needed. Earlier checkpoints are whole."
        ) from error
