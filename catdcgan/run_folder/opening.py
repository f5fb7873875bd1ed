"""Which run a command means: a new one, one that goes on, one that is finished, or none.

All is decided from flags and files, and no graph is built. `open_run` only looks; `prepare_folder`
makes the folder ready for the steps that come.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from catdcgan.checkpoints.files import (
    Checkpoint,
    Damage,
    find_newest_sound,
    prefix_of,
    prune,
    remove,
    step_of,
    write_manifest,
)
from catdcgan.checkpoints.manifest import Manifest, Notes
from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.machine.arithmetic import wants_onednn
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.run_folder.directory import DEFAULT_PARENT, RunDirectory
from catdcgan.run_folder.record import Pictures, Record, read_record
from catdcgan.settings.config import Config
from catdcgan.settings.resolving import fixed_differences, make_config
from catdcgan.settings.small_sets import undecided
from catdcgan.storage import files


class Opening(NamedTuple):
    """A run as it lies there.

    Attributes:
        record: of the run so far, None for a new run.
        checkpoint: where it goes on, None for a new run.
        damages: checkpoints that do not count.
    """

    run: RunDirectory
    config: Config
    record: Record | None
    checkpoint: Checkpoint | None
    damages: list[Damage]


def run_dir_of(given: Mapping[str, Any]) -> str:
    """Return the folder that the flags mean."""
    named = given.get("run_dir")
    return named or files.join(DEFAULT_PARENT, given.get("preset", Config.preset))


def open_run(given: Mapping[str, Any], run: RunDirectory, *, read_through: bool) -> Opening:
    """Look at the run that is meant, and resolve its settings.

    Args:
        given: the settings given on the command line.
        read_through: compare every byte of the newest checkpoints with their manifests.

    Raises:
        UserError: the flags are wrong, or not those of the run, or the run cannot go on.
    """
    files.refuse_as_folder(run.path, "--run_dir")
    shown = printable(run.path)
    keep = given.get("keep_checkpoints", Config.keep_checkpoints)
    checkpoint, damages = find_newest_sound(run.path, keep if read_through else 0)
    damaged = [damage for damage in damages if not damage.cut_short]
    if checkpoint is None and damaged:
        raise UserError(
            f"--run_dir: {shown} holds no sound checkpoint ({damaged[0].reason}); another "
            "--run_dir is needed, or a copy of the checkpoint that is whole."
        )
    record = read_record(run, checkpoint)
    if checkpoint is None and record and read_through:
        checkpoint = _adopt_unfinished(damages, record)
    if checkpoint and record is None:
        raise UserError(f"{shown}/run.json: damaged or missing; the file as it was is needed.")
    recorded = record.config if record else None
    if recorded and checkpoint is None:
        recorded = undecided(recorded)  # nothing was learned yet: today's pictures decide
    config = make_config(given, recorded)
    if checkpoint is None:
        if recorded and fixed_differences(config, recorded):
            config = make_config(given)  # it starts anew, as it is told
        record = None
        if config.init_from:
            files.refuse_unknown_scheme(config.init_from, "--init_from")
            prefix_of(config.init_from, "--init_from")
    elif record:
        _refuse_other_settings(config, record, shown)
    return Opening(run, config, record, checkpoint, damages)


def prepare_folder(opening: Opening, record: Record) -> Checkpoint | None:
    """Remove what the run is about to do again and what does not count; return where it goes on.

    A first save that was killed before its manifest gets one now.

    Args:
        record: of the start that is about to begin.

    Raises:
        OSError: something cannot be removed or written.
    """
    run, config, checkpoint = opening.run, opening.config, opening.checkpoint
    step = checkpoint.step if checkpoint else 0
    if checkpoint and not checkpoint.manifest.files:
        notes = Notes(epoch=0, saved=time.time(), record=record.as_json())
        checkpoint = write_manifest(checkpoint.prefix, step, notes)
    files.remove(run.done)
    run.remove_snapshots_after(step)
    for damage in opening.damages:
        if checkpoint is None or damage.prefix != checkpoint.prefix:
            remove(damage.prefix)  # or its step would be saved a second time under its name
    prune(run.path, config.keep_checkpoints, config.keep_every_hours)
    return checkpoint


def refuse_other_pictures(pictures: Pictures, opening: Opening) -> None:
    """Check that a run goes on with the pictures it began with.

    Raises:
        UserError: they are others; the text names both sets and the two ways on.
    """
    if opening.record is None:
        return
    was = opening.record.pictures
    if pictures.fingerprint != was.fingerprint:
        shown = printable(opening.run.path)
        raise UserError(
            f"--data_dir: {pictures.source}; the run in {shown} learns from others: "
            f"{was.source}. Those are needed, or another --run_dir, where --init_from {shown} "
            "takes over what it has learned."
        )


def mark_done(run: RunDirectory, step: int) -> None:
    """Note that a run has reached its last step."""
    files.write_atomically(run.done, f"{step}\n".encode())


def _adopt_unfinished(damages: list[Damage], record: Record) -> Checkpoint | None:
    """Take a save that was killed just before its manifest, where there is none before it.

    TensorFlow's part of it is whole then; it is read through, by its own checksums.

    Args:
        record: of the run, which TensorFlow is loaded for.
    """
    import_tensorflow(onednn=wants_onednn(record.arithmetic))
    from catdcgan.checkpoints.variables import is_readable

    for damage in damages:
        if is_readable(damage.prefix):
            step = step_of(damage.prefix)
            return Checkpoint(damage.prefix, step, Manifest(step, files={}))
    return None


def _refuse_other_settings(config: Config, record: Record, shown: str) -> None:
    differences = fixed_differences(config, record.config)
    if differences:
        raise UserError(
            f"--run_dir: {shown} holds a run with other settings: {', '.join(differences)}; leave "
            "them out to continue it, or give another --run_dir (with --init_from to take over "
            "its weights, where the sizes are the same)."
        )
