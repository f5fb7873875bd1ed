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
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from catdcgan import command_line, files
from catdcgan.checkpoint_files import find_all, find_newest_sound, prefix_of, read_checkpoint
from catdcgan.config import Config, make_config
from catdcgan.errors import UserError, counted, printable
from catdcgan.images import encode_jpeg, encode_png, make_grid
from catdcgan.progress import quietly, tell, track
from catdcgan.quiet_import import import_tensorflow
from catdcgan.run_directory import DEFAULT_PARENT, RunDirectory
from catdcgan.settings import QUIET, a_grid, between, check_each, one_of, parse_grid, setting

MOST_PICTURES = 10**7
SOURCE, PICTURES, OUTPUT = "What to render with", "What to render", "Where it goes"


def _seed_ranges(text: str) -> str | None:
    try:
        return None if 1 <= len(parse_seeds(text)) <= MOST_PICTURES else "it names no seed"
    except ValueError:
        return "it needs seeds and ranges such as 0-63 or 3,7,10-12"


@dataclasses.dataclass(frozen=True)
class SampleConfig:
    """What to render, from what, and where to."""

    run_dir: str | None = setting(
        None, "a run, whose newest checkpoint is used (else the newest under checkpoints)", SOURCE
    )
    checkpoint: str | None = setting(None, "a checkpoint: its prefix or any of its files", SOURCE)
    preset: str | None = setting(
        None, "range of the pixels and law of the latents (else the run's own, else cat128)", SOURCE
    )
    precision: str | None = setting(
        None,
        "as in training (else the run's own)",
        SOURCE,
        check=one_of("auto", "float32", "bfloat16"),
    )
    num: int | None = setting(
        None, "render seeds 0, 1, 2, ..., so many", PICTURES, check=between(1, MOST_PICTURES)
    )
    seeds: str | None = setting(
        None, "render these seeds: 0-63, or 3,7,10-12", PICTURES, check=_seed_ranges
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


class Source(NamedTuple):
    """A checkpoint, the settings of its run or preset, and where its samples go by default."""

    prefix: str
    config: Config
    out: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return command_line.run(_sample, arguments)


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of a text such as `0-63` or `3,7,10-12`, in its order.

    Raises:
        ValueError: the text is no such list.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,18})(?:-(\d{1,18}))?\s*", part)
        if not match:
            raise ValueError(part)
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= MOST_PICTURES:
            raise ValueError(part)
        seeds += range(first, last + 1)
    return seeds


def _sample(arguments: Sequence[str]) -> int:
    asked = SampleConfig(**command_line.parse(arguments, SampleConfig, __doc__))
    check_each(asked)
    with quietly(asked.quiet):
        return _render(asked)


def _render(asked: SampleConfig) -> int:
    if asked.run_dir and asked.checkpoint:
        raise UserError("--checkpoint: given beside --run_dir; one of the two is needed.")
    if asked.num and asked.seeds:
        raise UserError("--num: given beside --seeds; one of the two is needed.")
    source = _find_source(asked)
    seeds, grid = _choose_seeds(asked)
    out = asked.out or source.out
    if files.exists(out) and not files.is_folder(out):
        raise UserError(f"--out: {printable(out)} is a file; a folder is needed.")
    tell(f"{printable(source.prefix)}: {counted(len(seeds), 'picture')}")
    # Closed in any case: it holds the session.
    with contextlib.closing(_render_all(source, asked, seeds)) as pictures:
        paths = _write_all(pictures, seeds, grid, out, asked.format)
        first = next(paths)
        last = functools.reduce(lambda _, path: path, paths, first)
    tell(printable(first) + (f" to {files.split(last)[1]}" if last != first else ""))
    return 0


def _find_source(asked: SampleConfig) -> Source:
    if asked.checkpoint:
        files.refuse_unknown_scheme(asked.checkpoint, "--checkpoint")
        prefix = prefix_of(asked.checkpoint, "--checkpoint")
        run = RunDirectory(files.split(prefix)[0])
    else:
        run = RunDirectory(asked.run_dir or _newest_run())
        files.refuse_unknown_scheme(run.path, "--run_dir")
        prefix = _newest_sound(run)
    record = run.read_record(read_checkpoint(prefix))
    recorded = record["config"] if record else {}
    # The pictures' range and the latents' law are the preset's; the sizes are the file's.
    config = make_config({"preset": asked.preset}) if asked.preset else make_config({}, recorded)
    if not recorded and not asked.preset:
        tell(f"no run.json beside it: pixel range and latents of preset {config.preset}")
    name = files.split(prefix)[1]
    parent = run.path if record and files.is_local(run.path) else ""
    step = name.rpartition("-")[2] if record else name
    return Source(prefix, config, os.path.join(parent, "samples", step))


def _newest_sound(run: RunDirectory) -> str:
    checkpoint, damages = find_newest_sound(run.path)
    for damage in damages:
        tell(printable(f"passed over {damage.prefix}: {damage.reason}"))
    if checkpoint is None:
        raise UserError(
            f"--run_dir: {printable(run.path)} holds no checkpoint; a run that has saved one is "
            "needed."
        )
    return checkpoint.prefix


def _newest_run() -> str:
    """Return the run, of those in the default place, whose newest checkpoint is the youngest."""
    folders = [files.join(DEFAULT_PARENT, name) for name in files.list_names(DEFAULT_PARENT)]
    found = [
        (whole[-1].manifest["saved"], folder) for folder in folders if (whole := find_all(folder))
    ]
    if not found:
        raise UserError(
            f"--run_dir: no run with a checkpoint under {DEFAULT_PARENT}; "
            "--run_dir or --checkpoint is needed, or a training first."
        )
    return max(found)[1]


def _choose_seeds(asked: SampleConfig) -> tuple[Sequence[int], tuple[int, int] | None]:
    """Return the seeds, and the rows and columns of a sheet where sheets are wanted."""
    grid = asked.grid or (None if asked.num or asked.seeds else Config.snapshot_grid)
    cells = parse_grid(grid) if grid else None
    if asked.seeds:
        return parse_seeds(asked.seeds), cells
    return range(asked.num or cells[0] * cells[1]), cells


def _render_all(source: Source, asked: SampleConfig, seeds: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield the pictures of the seeds one by one, uint8 `[S, S, C]`."""
    import_tensorflow()
    import tensorflow as tf

    from catdcgan import checkpoints, devices
    from catdcgan.graph import build_sampling_graph, family_of
    from catdcgan.rendering import render_chunks

    config = source.config
    family = family_of(config)
    try:
        shapes = checkpoints.read_shapes(source.prefix)
        told = family.read_settings(shapes) if hasattr(family, "read_settings") else {}
        config = make_config(told, dataclasses.asdict(config))
    except KeyError as error:
        raise UserError(
            f"{printable(source.prefix)}: holds no {error.args[0]}; a checkpoint of a "
            "generator of this program, or of the original, is needed."
        ) from error
    except (ValueError, UserError) as error:
        raise UserError(
            f"{printable(source.prefix)}: is of other networks ({error}); a checkpoint of a "
            "generator of this program, or of the original, is needed."
        ) from error
    graph = build_sampling_graph(config, devices.compute_dtype(asked.precision or config.precision))
    with tf.compat.v1.Session(graph=graph.graph, config=devices.session_config()) as session:
        checkpoints.restore(session, graph.saver, source.prefix)
        graph.graph.finalize()
        pictures = (
            picture
            for chunk in render_chunks(session, graph.z, graph.samples, seeds, config)
            for picture in chunk
        )
        yield from track(pictures, len(seeds), "rendering")


def _write_all(
    pictures: Iterator[np.ndarray],
    seeds: Sequence[int],
    grid: tuple[int, int] | None,
    out: str,
    file_format: str,
) -> Iterator[str]:
    """Write single pictures, or sheets of `grid`, as they come; yield the paths."""
    encode = encode_jpeg if file_format == "jpg" else encode_png
    if grid is None:
        for seed, picture in zip(seeds, pictures, strict=True):
            path = files.join(out, f"seed{seed:08d}.{file_format}")
            files.write_atomically(path, encode(picture), durable=False)
            yield path
        return
    cells = grid[0] * grid[1]
    for start in range(0, len(seeds), cells):
        shown = seeds[start : start + cells]
        sheet = np.stack([next(pictures) for _ in shown])
        path = files.join(out, f"grid{shown[0]:08d}-{shown[-1]:08d}.{file_format}")
        files.write_atomically(path, encode(make_grid(sheet, *grid)), durable=False)
        yield path


if __name__ == "__main__":
    raise SystemExit(main())
