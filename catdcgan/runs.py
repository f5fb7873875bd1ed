"""List runs: how far they are, how they feel, and what they take.

Usage: python -m catdcgan.runs [FOLDER...]

A folder is a run, or holds runs; without one it is checkpoints.

Example:
  python -m catdcgan.runs
"""

import dataclasses
from collections.abc import Iterator, Sequence

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.words import in_columns, in_words, printable
from catdcgan.metrics.catalogue import number_of
from catdcgan.run_folder.directory import DEFAULT_PARENT
from catdcgan.run_folder.summary import TRAINING, Summary, summarise
from catdcgan.settings import flags
from catdcgan.storage import files
from catdcgan.watching.health import in_short

SHOWN = ("d_loss", "g_loss")  # numbers of the last step
LOSSES = tuple(number_of(name).heading for name in SHOWN)
HEADINGS = ("run", "preset", "state", "step", *LOSSES, "health", "left", "size")
LEFT = {HEADINGS.index(name) for name in ("run", "preset", "state", "health")}  # aligned so


@dataclasses.dataclass(frozen=True)
class RunsConfig:
    """This command has no flags."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_runs, arguments)


def _runs(arguments: Sequence[str]) -> int:
    given = flags.parse(arguments, RunsConfig, __doc__, positional="FOLDER")
    folders = given["FOLDER"] or (DEFAULT_PARENT,)
    for folder in folders:
        files.refuse_unknown_scheme(folder, "FOLDER")
    found = [summary for folder in folders for summary in _summaries(folder)]
    if not found:
        where = ", ".join(map(printable, folders))
        raise UserError(f"{where}: no run; a training is needed first, or another FOLDER.")
    for line in in_columns([HEADINGS, *map(_row_of, found)], LEFT):
        print(line)
    return 0


def _summaries(folder: str) -> Iterator[Summary]:
    run = summarise(folder)
    if run:
        yield run
        return
    for name in files.list_names(folder):
        run = summarise(files.join(folder, name))
        if run:
            yield run


def _row_of(run: Summary) -> tuple[str, ...]:
    losses = [f"{run.numbers[name]:.3f}" if name in run.numbers else "" for name in SHOWN]
    share = f"{run.step / run.last_step:.0%}"
    left = in_words(run.seconds_left) if run.state == TRAINING and run.seconds_left else ""
    return (
        printable(run.path),
        run.preset,
        run.state,
        f"{run.step:,}/{run.last_step:,} {share:>4}",
        *losses,
        in_short(run.numbers.get("health", {})) if run.numbers else "",
        left,
        f"{run.size / 2**20:,.0f} MiB",
    )


if __name__ == "__main__":
    raise SystemExit(main())
