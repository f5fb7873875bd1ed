"""Render pictures from a checkpoint: a grid, or one file a seed.

Usage: python -m catdcgan.sample [flags]

Examples:
  python -m catdcgan.sample                                 a grid from the newest run
  python -m catdcgan.sample --run_dir checkpoints/tiny --seeds 0-63 --grid 8x8
  python -m catdcgan.sample --checkpoint model.ckpt --preset cat128-2018 --num 1000
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Sequence

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.progress import speaking, tell, track
from catdcgan.console.streams import outlive_readers
from catdcgan.console.words import counted, printable
from catdcgan.sampling.generating import WEIGHTS, WEIGHTS_HELP, generate
from catdcgan.sampling.sources import find_source
from catdcgan.sampling.writing import write_all
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.settings.setting import (
    QUIET,
    a_grid,
    between,
    check_each,
    one_of,
    parse_grid,
    read_by,
    setting,
)
from catdcgan.storage import files

MOST_PICTURES = 10**7
SOURCE, PICTURES, OUTPUT = "What to render with", "What to render", "Where it goes"


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of a text such as `0-63` or `3,7,10-12`, in its order.

    Raises:
        ValueError: the text is no such list; why, in words.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,18})(?:-(\d{1,18}))?\s*", part)
        if not match:
            raise ValueError("it needs seeds and ranges such as 0-63 or 3,7,10-12")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise ValueError(f"{first}-{last} is empty; the smaller seed needs to come first")
        if len(seeds) + last - first >= MOST_PICTURES:
            raise ValueError(f"it needs to name at most {MOST_PICTURES:,} seeds")
        seeds += range(first, last + 1)
    return seeds


@dataclasses.dataclass(frozen=True)
class SampleConfig:
    """What to render, from what, and where to."""

    run_dir: str | None = setting(
        None, "a run, whose newest checkpoint is used (else the newest under checkpoints)", SOURCE
    )
    checkpoint: str | None = setting(None, "a checkpoint: its prefix or any of its files", SOURCE)
    best: bool = setting(
        False, "of the run, the checkpoint whose samples were measured as best", SOURCE
    )
    preset: str | None = setting(
        None, "range of the pixels and law of the latents (else the run's own, else cat128)", SOURCE
    )
    precision: str | None = setting(
        None,
        "as in training (else the run's own)",
        SOURCE,
        check=one_of("auto", "float32", "bfloat16"),
    )
    weights: str | None = setting(None, WEIGHTS_HELP, SOURCE, check=one_of(*WEIGHTS))
    num: int | None = setting(
        None, "render seeds 0, 1, 2, ..., so many", PICTURES, check=between(1, MOST_PICTURES)
    )
    seeds: str | None = setting(
        None, "render these seeds: 0-63, or 3,7,10-12", PICTURES, check=read_by(parse_seeds)
    )
    grid: str | None = setting(
        None,
        "sheets of rows x columns instead of single files (8x8 where nothing is asked)",
        PICTURES,
        check=a_grid,
    )
    out: str | None = setting(
        None, "folder (else samples/<step> in the run's; without a run, samples/<name>)", OUTPUT
    )
    format: str = setting("jpg", "jpg or png", OUTPUT, check=one_of("jpg", "png"))
    quiet: bool = setting(False, QUIET, OUTPUT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_sample, arguments)


def _sample(arguments: Sequence[str]) -> int:
    asked = SampleConfig(**flags.parse(arguments, SampleConfig, __doc__))
    outlive_readers()
    check_each(asked)
    with speaking(not asked.quiet):
        return _render(asked)


def _render(asked: SampleConfig) -> int:
    if asked.num and asked.seeds:
        raise UserError("--num: given beside --seeds; one of the two is needed.")
    source = find_source(asked.run_dir, asked.checkpoint, asked.preset, say=tell, best=asked.best)
    seeds, grid = _choose_seeds(asked)
    out = asked.out or source.out
    files.refuse_as_folder(out, "--out")
    tell(f"{printable(source.prefix)}: {counted(len(seeds), 'picture')}")
    # Closed in any case: it holds the session.
    with contextlib.closing(
        generate(source, seeds, precision=asked.precision, weights=asked.weights)
    ) as pictures:
        shown = track(pictures, len(seeds), "rendering")
        paths = write_all(shown, seeds, grid, out, asked.format)
        first = next(paths)
        last = functools.reduce(lambda _, path: path, paths, first)
    tell(printable(first) + (f" to {files.split(last)[1]}" if last != first else ""))
    return 0


def _choose_seeds(asked: SampleConfig) -> tuple[Sequence[int], tuple[int, int] | None]:
    """Return the seeds, and the rows and columns of a sheet where sheets are wanted."""
    grid = asked.grid or (None if asked.num or asked.seeds else Config.snapshot_grid)
    cells = parse_grid(grid) if grid else None
    if asked.seeds:
        return parse_seeds(asked.seeds), cells
    rows, columns = cells or (0, 0)
    return range(asked.num or rows * columns), cells


if __name__ == "__main__":
    raise SystemExit(main())
