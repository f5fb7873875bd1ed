"""`report.html`: all there is to know of a run on one page that needs nothing but itself."""

import dataclasses
import datetime
import functools
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from catdcgan.checkpoints.files import Checkpoint, find_all, find_damaged, verify
from catdcgan.console.words import in_words
from catdcgan.metrics.catalogue import TRAINING_CHARTS
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.record import Record
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.settings.config import Config
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import Schedule
from catdcgan.settings.setting import settings_of
from catdcgan.storage import files
from catdcgan.watching.charts import chart_library, charts_of, draw_charts
from catdcgan.watching.curves import Curves
from catdcgan.watching.embedded import Embedder, embed_picture
from catdcgan.watching.film import NAMES as FILMS
from catdcgan.watching.health import Health

TEMPLATE_FOLDER = Path(__file__).with_name("page")
TABLE_ROWS = 12  # of the values that stand below the curves as a table


class State(NamedTuple):
    """Where a run stands when its page is written.

    Attributes:
        words: what it is doing, such as `training`.
        seconds_left: to the last step, None where it is not on the way there.
    """

    words: str
    step: int
    seconds_left: float | None = None


class CheckpointRow(NamedTuple):
    """A checkpoint, as the page shows it."""

    name: str
    step: int
    epoch: int | None
    saved: str
    size: str
    sound: bool
    verification: str


class Report:
    """Writes the page of a run, again and again."""

    def __init__(self, run: RunDirectory, record: Record, schedule: Schedule) -> None:
        """Gather; `record` is that of the run.

        Attributes:
            reads_through: whether checkpoints that were not yet looked at are compared with what
                was saved, byte by byte.
        """
        self.reads_through = True
        self._run, self._record, self._schedule = run, record, schedule
        self._embedder = Embedder()
        self._verdicts: dict[tuple[str, float], str | None] = {}
        self._checked: dict[tuple[str, float], str] = {}

    def write(self, state: State, health: Health, curves: Curves) -> str:
        """Write the page; return its path.

        Raises:
            OSError: it cannot be written; the page before it is whole.
        """
        script, charts = draw_charts(curves)
        page = _template().render(
            run=self._run.path,
            state=state,
            last_step=self._schedule.last_step,
            epoch=self._schedule.epoch_at(state.step),
            last_epoch=self._schedule.last_epoch,
            left=None if state.seconds_left is None else in_words(state.seconds_left),
            written=_now(),
            record=self._record,
            present=[c.in_words(state.step) for c in health.complaints if c.until is None],
            passed=[c.in_words(state.step) for c in health.complaints if c.until is not None],
            charts=[(chart, charts[chart.name]) for chart in charts_of(curves)],
            table=_table(curves),
            snapshots=self._embedder.embed(find_snapshots(self._run.snapshots, state.step)),
            reals=embed_picture(self._run.reals) if files.exists(self._run.reals) else None,
            films=[name for name in FILMS if files.exists(files.join(self._run.path, name))],
            checkpoints=self._checkpoints(),
            settings=_settings(self._record.config),
            starts=_starts(self._record),
            library=chart_library(),
            script=script,
        )
        path = files.join(self._run.path, "report.html")
        # Not flushed to the disk: after a loss of power it is written again.
        files.write_atomically(path, page.encode("utf-8", "backslashreplace"), durable=False)
        return path

    def _checkpoints(self) -> list[CheckpointRow]:
        rows = [self._row_of(checkpoint) for checkpoint in find_all(self._run.path)]
        for damage in find_damaged(self._run.path):
            if not damage.left_over:
                name = files.split(damage.prefix)[1]
                step = int(name.rpartition("-")[2])
                rows.append(CheckpointRow(name, step, None, "", "", False, damage.reason))
        return sorted(rows, key=lambda row: row.step, reverse=True)

    def _row_of(self, checkpoint: Checkpoint) -> CheckpointRow:
        manifest = checkpoint.manifest
        key = checkpoint.prefix, manifest.notes.saved
        if key not in self._checked and not (
            self.reads_through and files.is_local(checkpoint.prefix)
        ):
            defect, said = None, "its files have the sizes they were saved with"
        else:
            if key not in self._checked:  # once: a run holds gigabytes of them
                self._verdicts[key], self._checked[key] = verify(checkpoint), _now()
            defect = self._verdicts[key]
            said = defect or f"read through on {self._checked[key]}: every byte is as it was saved"
        return CheckpointRow(
            files.split(checkpoint.prefix)[1],
            checkpoint.step,
            manifest.notes.epoch,
            _time(manifest.notes.saved) if manifest.notes.saved else "",
            f"{manifest.size / 2**20:,.1f} MiB",
            defect is None,
            said,
        )


@functools.cache
def _template() -> Any:
    import jinja2  # here, with the other packages that only the page needs

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _table(curves: Curves) -> dict[str, Sequence[Any]]:
    """Return the values below the curves: headings, and evenly spaced rows of texts."""
    names = {
        name: f"{chart.title}: {words}"
        for chart in TRAINING_CHARTS
        for name, words in chart.numbers.items()
    }
    shown = {name: words for name, words in names.items() if curves[name].steps}
    steps = curves["d_loss"].steps
    every = max(len(steps) // TABLE_ROWS, 1)
    chosen = sorted(steps[::-1][::every][:TABLE_ROWS])
    columns = {name: dict(zip(*curves[name], strict=True)) for name in shown}
    rows = [[f"{step:,}", *(_number(columns[name].get(step)) for name in shown)] for step in chosen]
    return {"headings": list(shown.values()), "rows": rows}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _settings(recorded: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return each setting: its name, its value, what it is, and whether the preset differs."""
    usual = make_config({"preset": recorded["preset"]})
    return [
        (name, str(recorded[name]), known.help, recorded[name] != getattr(usual, name))
        for name, known in settings_of(Config).items()
        if recorded.get(name) is not None
    ]


def _starts(record: Record) -> list[dict[str, Any]]:
    """Return the first start and every continuation, as the page shows them."""
    return [
        {
            **dataclasses.asdict(start),
            "command": shlex.join(start.command),
            "changed": ", ".join(f"{name} {value}" for name, value in start.changed.items()),
            "versions": ", ".join(f"{name} {what}" for name, what in start.versions.items()),
        }
        for start in (record.started, *record.continued)
    ]


def _now() -> str:
    return _time(datetime.datetime.now().timestamp())


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).isoformat(" ", "minutes")
