"""When checkpoints of a running training are due, what they hold, and their writing beside it."""

import concurrent.futures
import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from catdcgan.checkpoints import variables
from catdcgan.checkpoints.files import Checkpoint
from catdcgan.checkpoints.manifest import Notes
from catdcgan.checkpoints.pruning import prune
from catdcgan.console.errors import UserError
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.training.job import Job

SECONDS_BEFORE_NEXT_TRY = 60.0  # after a save that failed


class Saves:
    """Checkpoints by steps, by minutes, and again after one that failed; one at a time.

    Attributes:
        saved_step: the step of the last checkpoint that is whole.
    """

    def __init__(
        self, schedule: Schedule, config: Config, step: int, say: Callable[[str], None]
    ) -> None:
        """Begin after a checkpoint of `step`; `say` is told of saves that fail."""
        self._schedule = schedule
        self._seconds = 60 * config.save_every_minutes
        self._say = say
        self._pool = concurrent.futures.ThreadPoolExecutor(1, "save")
        self._writing: concurrent.futures.Future[int] | None = None
        self._begun_time = time.monotonic()
        self._owed = self._has_news = False
        self._not_before = -math.inf
        self.saved_step = step

    def due(self, step: int, *, wanted: bool = False) -> bool:
        """Tell whether to save after `step`; one that is due in vain stays due.

        Args:
            wanted: this step is to be saved, whatever the schedule.
        """
        now = time.monotonic()
        if wanted or self._schedule.save_due(step):
            self._owed = True
            self.wait()  # where steps are quicker than saves: none that is announced is left out
        self._owed |= now - self._begun_time >= self._seconds
        self._collect()
        is_free = self._writing is None and now >= self._not_before
        return self._owed and is_free and step < self._schedule.last_step

    def begin(self, step: int, write: Callable[[], object]) -> None:
        """Have the checkpoint of `step` written in another thread; a failure is said later."""

        def write_and_tell_step() -> int:
            write()
            return step

        self._owed, self._begun_time = False, time.monotonic()
        self._writing = self._pool.submit(write_and_tell_step)

    def has_news(self) -> bool:
        """Tell, once for each checkpoint, that it has been written."""
        self._collect()
        has_news, self._has_news = self._has_news, False
        return has_news

    def wait(self) -> None:
        """Wait for the checkpoint that is being written, if one is."""
        if self._writing is not None:
            concurrent.futures.wait([self._writing])
            self._collect()

    def note_failure(self, error: UserError) -> None:
        """Say that a save failed, and owe it."""
        self._say(f"{error} Training goes on and tries again.")
        self._owed, self._not_before = True, time.monotonic() + SECONDS_BEFORE_NEXT_TRY

    def close(self) -> None:
        """Return when nothing is being written any more."""
        self._pool.shutdown()

    def _collect(self) -> None:
        if self._writing is None or not self._writing.done():
            return
        writing, self._writing = self._writing, None
        try:
            self.saved_step, self._has_news = writing.result(), True
        except UserError as error:
            self.note_failure(error)


def write_checkpoint(
    job: Job, values: Mapping[str, np.ndarray], step: int, figures: Mapping[str, float]
) -> Checkpoint:
    """Save what the variables were after `step`; remove checkpoints that are not to be kept.

    Args:
        values: by the variables' names.
        figures: of its samples, where they were measured.

    Raises:
        UserError: it cannot be saved; those before it are whole.
    """
    notes = Notes(
        epoch=job.schedule.epoch_at(step),
        saved=time.time(),
        figures=figures,
        # Without the continuations, which grow: enough to go on where run.json is lost.
        record=dataclasses.replace(job.record, continued=()).as_json(),
    )
    with named_on_failure():
        job.run.publish_growing_files()
    checkpoint = variables.save(values, job.run.path, step, notes)
    config = job.config
    prune(job.run.path, config.keep_checkpoints, config.keep_every_hours, job.log.say)
    return checkpoint


@contextlib.contextmanager
def named_on_failure() -> Iterator[None]:
    """Turn an error of the disk into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{error.filename}: cannot be written ({error.strerror}); room and the right to "
            "write are needed. Earlier checkpoints are whole."
        ) from error
