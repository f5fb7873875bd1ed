"""Progress of training: a bar on a terminal, plain lines now and then in a file or a pipe."""

import collections
import contextlib
import sys
import time
from collections.abc import Mapping

import tqdm

from catdcgan.console.words import in_words
from catdcgan.run_folder.log import RunLog
from catdcgan.settings.schedule import Schedule

SECONDS_BETWEEN_LINES = 30
STEPS_AVERAGED = 50
STEPS_BEFORE_ESTIMATE = 3  # the first is slower: kernels are chosen


class TrainingProgress:
    """Shows each step's numbers, the speed and the time left."""

    def __init__(self, log: RunLog, schedule: Schedule, batch_size: int, step: int) -> None:
        """Begin at `step`; `batch_size` turns steps into images."""
        self._log = log
        self._schedule = schedule
        self._batch_size = batch_size
        self._first_step = step
        # When the latest steps ended, and the one before them: of a whole round of what comes
        # between steps, so that none of it counts too much in the time left.
        steps = max(STEPS_AVERAGED, schedule.snapshot_every, schedule.evaluate_every)
        self._ends = collections.deque([time.monotonic()], maxlen=steps + 1)
        self._line_written = -float(SECONDS_BETWEEN_LINES)
        self._bar = tqdm.tqdm(
            total=schedule.last_step,
            initial=step,
            disable=log.quiet or not sys.stderr.isatty(),
            dynamic_ncols=True,
            bar_format="{percentage:3.0f}%|{bar}| {desc}",
        )

    def show(self, step: int, metrics: Mapping[str, float], note: str = "") -> dict[str, float]:
        """Show a step that has just ended; return its timing.

        Args:
            note: what else there is to say of it, in a few words.
        """
        now = time.monotonic()
        seconds = now - self._ends[-1]
        if step - self._first_step == 2:
            self._ends.popleft()  # the first step is no measure of the others
        self._ends.append(now)
        with contextlib.suppress(OSError):  # the terminal is gone
            self._bar.set_description_str(self._short_line(step, metrics, note), refresh=False)
            self._bar.update()
        if now - self._line_written >= SECONDS_BETWEEN_LINES or step == self._schedule.last_step:
            self._line_written = now
            has_bar = sys.stdout.isatty() and not self._bar.disable
            tell = self._log.keep if has_bar else self._log.say
            tell(self._line(step, metrics, note))
        return {"seconds": seconds, "images_per_second": self._batch_size / seconds}

    def estimate_is_due(self, step: int) -> bool:
        """Tell whether just now enough steps have been timed to say how long the rest takes."""
        return step - self._first_step == STEPS_BEFORE_ESTIMATE

    def seconds_a_step(self) -> float:
        """Return the mean time of the latest steps."""
        return self._mean_of_latest(STEPS_AVERAGED)

    def seconds_left(self, step: int) -> float:
        """Return the time until the last step, snapshots and evaluations included."""
        return self._mean_of_latest(len(self._ends)) * (self._schedule.last_step - step)

    def close(self) -> None:
        """Leave the bar as it stands."""
        with contextlib.suppress(OSError):
            self._bar.close()

    def _mean_of_latest(self, steps: int) -> float:
        """Return the mean time of so many of the latest steps, or of all that are known."""
        steps = min(steps, len(self._ends) - 1)
        return (self._ends[-1] - self._ends[-1 - steps]) / steps

    def _short_line(self, step: int, metrics: Mapping[str, float], note: str) -> str:
        """Return what stands beside the bar: what a narrow terminal cuts off comes last."""
        schedule = self._schedule
        note = f"{note}  " if note else ""
        return (
            f"{step:,}/{schedule.last_step:,}  {self._time_left(step)}"
            f"d_loss {metrics['d_loss']:.2f}  g_loss {metrics['g_loss']:.2f}  "
            f"D(x) {metrics['d_real']:.2f}  D(G(z)) {metrics['d_fake']:.2f}  {note}"
            f"epoch {schedule.epoch_at(step):,}/{schedule.last_epoch:,}  "
            f"{self._batch_size / self.seconds_a_step():.3g} images/s"
        )

    def _line(self, step: int, metrics: Mapping[str, float], note: str) -> str:
        schedule = self._schedule
        note = f"{note}  " if note else ""
        return (
            f"step {step:,}/{schedule.last_step:,}  "
            f"epoch {schedule.epoch_at(step):,}/{schedule.last_epoch:,}  "
            f"d_loss {metrics['d_loss']:.3f}  g_loss {metrics['g_loss']:.3f}  "
            f"D(x) {metrics['d_real']:.2f}  D(G(z)) {metrics['d_fake']:.2f}  {note}"
            f"{self._time_left(step)}{self._batch_size / self.seconds_a_step():.3g} images/s"
        )

    def _time_left(self, step: int) -> str:
        if step - self._first_step < 2:
            return ""  # the first step tells nothing of the others
        return f"{in_words(self.seconds_left(step))} left  "
