"""What a training loop tells of itself while it runs, and what is made of it: see `watching`.

Whatever fails here is said once and tried again; training goes on.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from catdcgan.machine import devices
from catdcgan.metrics.catalogue import TRAINING
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.storage import files
from catdcgan.training.event_files import EventFile, histogram, image, scalars
from catdcgan.training.job import Job
from catdcgan.training.stepping import Scores
from catdcgan.watching.attempts import Attempts
from catdcgan.watching.catching_up import catch_up, numbers_in
from catdcgan.watching.curves import Curves
from catdcgan.watching.film import FilmStoppedError, make_film
from catdcgan.watching.health import COLLAPSED, RULE_OF, Health, in_short
from catdcgan.watching.loss_plot import draw_losses
from catdcgan.watching.picture_numbers import compare_pictures, measure_pictures
from catdcgan.watching.report import Report, State

SHARE = 0.005  # of the time, at most, that goes into writing the pages while training
FIRST_COST = 2.0  # seconds; writing the pages the first time loads packages
SECONDS_AFTER_STOP = 10.0  # for pages and film: the machine may be about to go
TAGS = {name: number.tag for name, number in TRAINING.items() if number.tag}


class Watcher:
    """Watches one run from a step on."""

    def __init__(self, job: Job, reals: np.ndarray, step: int) -> None:
        """Take in what the run has noted of the steps so far.

        Args:
            reals: as many pictures of the set as a snapshot shows, uint8 `[N, S, S, C]`.
            step: that the run goes on after; `metrics.jsonl` has been cut back to it.

        Attributes:
            note: what is to be said of the run on its progress line.
            stop_reason: why the run should end here, if it should.
        """
        self.note = ""
        self.stop_reason: str | None = None
        self._job = job
        self._step = step
        self._attempts = Attempts(job.log.say)
        self._reals = self._attempts.attempt("measuring reals", lambda: measure_pictures(reals))
        self._diversity: float | None = None
        self._distance: float | None = None
        self._sheet: bytes | None = None  # the snapshot of the step at hand
        self._curves = Curves()
        self._health = Health(job.record.pictures.count, job.config.batch_size)
        self._events: EventFile | None = None
        self._report = Report(job.run, job.record, job.schedule)
        self._cost, self._written = FIRST_COST, time.monotonic()
        self._attempts.attempt("reading metrics.jsonl", self._catch_up)
        self._update_note()
        self._open_events()

    def measure(self, pictures: np.ndarray, sheet: bytes) -> dict[str, float]:
        """Return the numbers of a snapshot: its pictures, uint8 `[N, S, S, C]`, and their JPEG."""
        self._sheet = sheet
        reals = self._reals
        if reals is None:
            return {}
        numbers = self._attempts.attempt(
            "measuring a snapshot", lambda: compare_pictures(measure_pictures(pictures), reals)
        )
        return numbers or {}

    def judge(self, step: int, numbers: Mapping[str, float]) -> dict[str, dict[str, int]]:
        """Take in a step's numbers, say what begins and what passes; return the complaints."""
        changed = self._attempts.attempt(
            "judging health", lambda: self._health.take_in(step, numbers)
        )
        for complaint in changed or ():
            self._job.log.say(f"health     step {step:,}: {complaint.in_words(step)}")
            begins = complaint.name == COLLAPSED and complaint.until is None
            if begins and self._job.config.stop_on_collapse:
                rule = RULE_OF[COLLAPSED]
                self.stop_reason = (
                    f"--stop_on_collapse: step {step:,}: {rule.sentence}; "
                    f"{rule.advice} would be worth a try."
                )
        self._diversity = numbers.get("diversity", self._diversity)
        self._distance = numbers.get("swd", self._distance)
        if changed or {"diversity", "swd"} & numbers.keys():
            self._update_note()
        present = self._health.present
        return {"health": present} if present else {}

    def measure_machine(self) -> dict[str, int]:
        """Return what the run takes of the machine, by name."""
        return self._attempts.attempt("measuring memory", devices.memory_in_use) or {}

    def note_step(self, step: int, line: Mapping[str, Any], scores: Scores) -> None:
        """Note what belongs to a step: its line of `metrics.jsonl`, and D's scores."""
        self._step = step
        numbers = numbers_in(line)
        self._curves.add(step, numbers)
        if (events := self._events) is not None:
            self._attempts.attempt(
                "TensorBoard's events", lambda: self._write_events(events, step, numbers, scores)
            )
        self._sheet = None

    def prepare_save(self) -> None:
        """Hand over what belongs to the steps so far, before they are saved."""
        if (events := self._events) is not None:
            self._attempts.attempt("TensorBoard's events", lambda: self._flush_events(events))

    def note_save(self, seconds_left: float) -> None:
        """Write what can wait, after a save; pages only where that has become cheap enough."""
        if self._events is None:
            self._open_events()
        if self._job.config.report and time.monotonic() - self._written >= self._cost / SHARE:
            self._write_pages(State("training", self._step, seconds_left))

    def finish(self, stop: Any) -> None:
        """Write everything, and the film, once the last checkpoint of this start is saved.

        Args:
            stop: true as soon as the run is asked to stop.
        """
        began = time.monotonic()
        stopped = bool(stop)
        self.close()
        self._report.reads_through = not stopped  # which takes seconds for a large checkpoint
        if not self._job.config.report:
            return
        if self.stop_reason:
            words = "stopped: the samples are all alike"
        else:
            words = "finished" if self._step >= self._job.schedule.last_step else "stopped"

        def go_on() -> bool:
            if stopped:
                return time.monotonic() - began < SECONDS_AFTER_STOP
            return not stop

        state = State(words, self._step)
        if stopped:
            self._job.log.say("saved; writing the report and the film")
        self._write_pages(state)
        if self._attempts.attempt("the film", lambda: self._make_film(go_on)):
            self._write_report(state)  # again: it links to the film

    def fail(self, error: Exception) -> None:
        """Write what the run has come to, when an error ends it."""
        if self._job.config.report:
            self._write_pages(State(f"ended by an error ({error})", self._step))

    def close(self) -> None:
        """Close the event file."""
        events, self._events = self._events, None
        if events is not None:
            self._attempts.attempt("TensorBoard's events", events.close)

    def _catch_up(self) -> None:
        if self._step == 0:
            return
        latest = catch_up(self._job.run.metrics, self._step, self._health, self._curves)
        self._diversity, self._distance = latest.get("diversity"), latest.get("swd")

    def _update_note(self) -> None:
        words = [] if self._diversity is None else [f"diversity {self._diversity:.2f}"]
        if self._distance is not None:
            words.append(f"swd {self._distance:.1f}")
        if self._health.present:
            words.append(in_short(self._health.present).upper())
        self.note = "  ".join(words)

    def _open_events(self) -> None:
        if self._job.config.tensorboard:
            self._events = self._attempts.attempt(
                "TensorBoard's events",
                lambda: EventFile(self._job.run.path, self._step, self._job.graph.graph),
            )

    def _write_events(
        self, events: EventFile, step: int, numbers: Mapping[str, float], scores: Scores
    ) -> None:
        tagged = {tag: numbers[name] for name, tag in TAGS.items() if name in numbers}
        values = scalars(tagged)
        if self._sheet is not None:
            values += [
                image("Snapshots/fixed", self._sheet),
                histogram("Logits/D_real", scores.real),
                histogram("Logits/D_fake", scores.fake),
            ]
        try:
            events.write(step, values)
        except Exception:
            self._events = None  # the next save opens a new one
            raise

    def _flush_events(self, events: EventFile) -> None:
        try:
            events.flush()
        except Exception:
            self._events = None
            raise

    def _write_pages(self, state: State) -> None:
        began = time.monotonic()
        self._attempts.attempt("losses.png", self._write_losses)
        self._write_report(state)
        self._written = time.monotonic()
        self._cost = self._written - began

    def _write_report(self, state: State) -> None:
        self._attempts.attempt(
            "report.html", lambda: self._report.write(state, self._health, self._curves)
        )

    def _write_losses(self) -> None:
        title = f"{self._job.run.path}, step {self._step:,}"
        path = files.join(self._job.run.path, "losses.png")
        files.write_atomically(path, draw_losses(self._curves, title), durable=False)

    def _make_film(self, go_on: Callable[[], bool]) -> bool:
        """Make the film if there is something to show; tell whether it was made."""
        snapshots = find_snapshots(self._job.run.snapshots, self._step)
        if not snapshots:
            return False
        try:
            make_film(snapshots, self._job.run.path, go_on)
        except FilmStoppedError:
            self._job.log.say(f"no time for the film: python -m catdcgan.film {self._job.run.path}")
            return False
        return True
