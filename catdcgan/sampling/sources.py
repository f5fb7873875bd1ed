"""Which checkpoint is meant to be rendered, and with which settings."""

import os
from collections.abc import Callable
from typing import NamedTuple

from catdcgan.checkpoints.files import (
    find_all,
    find_best,
    find_newest_sound,
    prefix_of,
    read_checkpoint,
)
from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.machine.arithmetic import Arithmetic
from catdcgan.run_folder.directory import DEFAULT_PARENT, RunDirectory
from catdcgan.run_folder.record import read_record
from catdcgan.settings.config import Config
from catdcgan.settings.resolving import make_config
from catdcgan.storage import files


class Source(NamedTuple):
    """A checkpoint, and what its pictures depend on besides.

    Attributes:
        config: the settings of its run or preset.
        arithmetic: how its run computes, None where there is no record of it.
        out: where its samples go by default.
    """

    prefix: str
    config: Config
    arithmetic: Arithmetic | None
    out: str


def find_source(
    run_dir: str | None = None,
    checkpoint: str | None = None,
    preset: str | None = None,
    *,
    say: Callable[[str], None],
    best: bool = False,
    flag: str = "--run_dir",
) -> Source:
    """Return what to render with: the checkpoint that is named, or the newest of a run.

    Args:
        run_dir: a run; without one, and without a checkpoint, the newest in the default place.
        checkpoint: a prefix, or any file of it.
        preset: the preset of a checkpoint that is not its run's own.
        say: is told, a line each, what was passed over or taken for granted.
        best: of the run, the checkpoint whose samples were measured as best, not the newest.
        flag: what the run is called where it is asked for.

    Raises:
        UserError: there is none, or both a run and a checkpoint are given.
    """
    if run_dir and checkpoint:
        raise UserError("--checkpoint: given beside --run_dir; one of the two is needed.")
    if best and checkpoint:
        raise UserError("--best: given beside --checkpoint; one of the two is needed.")
    if checkpoint:
        files.refuse_unknown_scheme(checkpoint, "--checkpoint")
        prefix = prefix_of(checkpoint, "--checkpoint")
        run = RunDirectory(files.split(prefix)[0])
    else:
        run = RunDirectory(run_dir or _newest_run())
        files.refuse_unknown_scheme(run.path, flag)
        prefix = _best(run) if best else _newest_sound(run, flag, say)
    record = read_record(run, read_checkpoint(prefix))
    recorded = record.config if record else {}
    # The pictures' range and the latents' law are the preset's; the sizes are the file's.
    config = make_config({"preset": preset}) if preset else make_config({}, recorded)
    if not recorded and not preset:
        say(f"no run.json beside it: pixel range and latents of preset {config.preset}")
    name = files.split(prefix)[1]
    parent = run.path if record and files.is_local(run.path) else ""
    step = name.rpartition("-")[2] if record else name
    arithmetic = record.arithmetic if record else None
    return Source(prefix, config, arithmetic, os.path.join(parent, "samples", step))


def _best(run: RunDirectory) -> str:
    checkpoint = find_best(find_all(run.path))
    if checkpoint is None:
        raise UserError(
            f"--best: no checkpoint in {printable(run.path)} was measured; a run with "
            "--evaluate_every is needed."
        )
    return checkpoint.prefix


def _newest_sound(run: RunDirectory, flag: str, say: Callable[[str], None]) -> str:
    checkpoint, damages = find_newest_sound(run.path)
    for damage in damages:
        say(printable(f"passed over {damage.prefix}: {damage.reason}"))
    if checkpoint is None:
        raise UserError(
            f"{flag}: {printable(run.path)} holds no checkpoint; a run that has saved one is "
            "needed."
        )
    return checkpoint.prefix


def _newest_run() -> str:
    """Return the run, of those in the default place, whose newest checkpoint is the youngest."""
    folders = [files.join(DEFAULT_PARENT, name) for name in files.list_names(DEFAULT_PARENT)]
    found = [
        (whole[-1].manifest.notes.saved, folder)
        for folder in folders
        if (whole := find_all(folder))
    ]
    if not found:
        raise UserError(
            f"--run_dir: no run with a checkpoint under {DEFAULT_PARENT}; "
            "--run_dir or --checkpoint is needed, or a training first."
        )
    return max(found)[1]
