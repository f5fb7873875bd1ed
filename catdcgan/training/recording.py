"""What a training leaves behind, in its order: numbers, pictures, checkpoints, pages.

A checkpoint never knows more than its folder: all that the steps before it have left is on the disk
before it is written. What has been opened is closed again however the training ends.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from catdcgan.checkpoints.files import distance_of, find_all
from catdcgan.console.errors import UserError
from catdcgan.console.words import in_words
from catdcgan.machine.stop_signals import StopRequest
from catdcgan.metrics.catalogue import DISTANCE
from catdcgan.pictures.pixels import encode_jpeg, make_grid
from catdcgan.run_folder.metrics_file import MetricsFile
from catdcgan.settings.setting import parse_grid
from catdcgan.storage.outbox import Outbox
from catdcgan.training.batches import epoch_order
from catdcgan.training.job import Job
from catdcgan.training.progress import TrainingProgress
from catdcgan.training.saves import Saves, named_on_failure, write_checkpoint
from catdcgan.training.stepping import Scores
from catdcgan.training.watcher import Watcher

Values = Mapping[str, np.ndarray]


@contextlib.contextmanager
def open_recording(job: Job, step: int) -> Iterator["Recording"]:
    """Open what a training writes to, to go on after `step`; close it when the block ends."""
    outbox = Outbox(job.log.say)
    reals = _choose_reals(job)
    outbox.write(
        job.run.reals, encode_jpeg(make_grid(reals, *parse_grid(job.config.snapshot_grid)))
    )
    with contextlib.ExitStack() as opened:
        metrics_file = MetricsFile(job.run.metrics, step)
        opened.callback(metrics_file.close)
        if metrics_file.missing:
            job.log.say(
                f"{job.run.metrics}: {metrics_file.missing:,} of the {step:,} lines so far are "
                "damaged or missing"
            )
        watcher = Watcher(job, reals, step)
        opened.callback(watcher.close)
        if job.evaluation:
            job.log.say(f"quality    against {job.evaluation.words}")
        progress = TrainingProgress(job.log, job.schedule, job.config.batch_size, step)
        opened.callback(progress.close)
        saves = Saves(job.schedule, job.config, step, job.log.say)
        opened.callback(saves.close)
        job.team.before_leaving = saves.wait  # what is being written is whole in seconds
        try:
            yield Recording(job, outbox, metrics_file, watcher, progress, saves)
        except UserError as error:
            watcher.fail(error)
            raise


class Recording:
    """Takes what the steps of a training bring."""

    def __init__(
        self,
        job: Job,
        outbox: Outbox,
        metrics_file: MetricsFile,
        watcher: Watcher,
        progress: TrainingProgress,
        saves: Saves,
    ) -> None:
        """Gather; `open_recording` opens them."""
        self._job, self._outbox, self._metrics_file = job, outbox, metrics_file
        self._watcher, self._progress, self._saves = watcher, progress, saves

    @property
    def stop_reason(self) -> str | None:
        """Return why the run should end here, if it should."""
        return self._watcher.stop_reason

    def write_snapshot(self, step: int, pictures: np.ndarray, sheet: bytes) -> dict[str, float]:
        """Write the snapshot of a step; return the numbers of its pictures.

        Args:
            pictures: uint8 `[N, S, S, C]`.
            sheet: a JPEG file of them.
        """
        self._outbox.write(self._job.run.snapshot(step), sheet)
        return self._watcher.measure(pictures, sheet)

    def note_step(
        self, step: int, metrics: Mapping[str, float], scores: Scores, waited: float
    ) -> None:
        """Show and write the numbers of a step that has just ended.

        Args:
            waited: seconds that it waited for its pictures.
        """
        schedule, progress, watcher = self._job.schedule, self._progress, self._watcher
        health = watcher.judge(step, metrics)
        timing = progress.show(step, metrics, watcher.note)
        timing["data_wait"] = waited / timing["seconds"]
        if schedule.snapshot_due(step):
            timing |= watcher.measure_machine()
        line = {"epoch": schedule.epoch_at(step), **metrics, **health, "timing": timing}
        self._metrics_file.write(step, line)
        watcher.note_step(step, line, scores)
        if progress.estimate_is_due(step):
            left = in_words(progress.seconds_left(step))
            self._job.log.say(
                f"{progress.seconds_a_step():.2g} s a step: about {left} to the last step"
            )

    def save_if_due(
        self, step: int, figures: Mapping[str, float], read_values: Callable[[], Values]
    ) -> None:
        """Begin to save a checkpoint where one is due; training goes on while it is written.

        Args:
            figures: of the step's samples, where they were measured.
            read_values: returns copies of all variables, by name.
        """
        if self._saves.due(step, wanted=self._are_best(figures)):
            self._begin_save(step, figures, read_values)
        if self._saves.has_news():
            self._watcher.note_save(self._progress.seconds_left(step))

    def finish(
        self,
        step: int,
        figures: Mapping[str, float],
        read_values: Callable[[], Values],
        stop: StopRequest,
    ) -> None:
        """Save what is not saved yet, then write the pages and the film.

        Raises:
            UserError: the checkpoint cannot be saved; those before it are whole.
        """
        self._saves.wait()
        if step != self._saves.saved_step:
            self._watcher.prepare_save()
            self._deliver()
            write_checkpoint(self._job, read_values(), step, figures)
        self._progress.close()
        self._watcher.finish(stop)

    def _begin_save(
        self, step: int, figures: Mapping[str, float], read_values: Callable[[], Values]
    ) -> None:
        self._watcher.prepare_save()
        try:
            self._deliver()
        except UserError as error:
            self._saves.note_failure(error)
            return
        # Training waits only while the values are copied, not while they are written.
        values = read_values()
        self._saves.begin(step, lambda: write_checkpoint(self._job, values, step, figures))

    def _are_best(self, figures: Mapping[str, float]) -> bool:
        """Tell whether no checkpoint that is there has samples as good."""
        if DISTANCE not in figures:
            return False
        there = map(distance_of, find_all(self._job.run.path))
        return figures[DISTANCE] < min(there, default=math.inf)

    def _deliver(self) -> None:
        """Write what the steps so far have left.

        Raises:
            UserError: the disk is full or cannot be written to.
        """
        with named_on_failure():
            self._outbox.deliver()
            self._metrics_file.flush()


def _choose_reals(job: Job) -> np.ndarray:
    """Return as many pictures of the first epoch as a snapshot shows, uint8 `[N, S, S, C]`."""
    rows, columns = parse_grid(job.config.snapshot_grid)
    order = epoch_order(len(job.images), job.config.seed, 0, job.config.shuffle)
    return job.images[np.sort(order[: rows * columns])]
