"""Which run a command means: a new one, one that goes on, one that is finished, or none.

All is decided from flags and files, and no graph is built. `open_run` only looks; `prepare_folder`
makes the folder ready for the steps that come.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from catdcgan.checkpoints.files import (
    Checkpoint,
    Damage,
    find_newest_sound,
    paths_of,
    prefix_of,
    step_of,
    write_manifest,
)
from catdcgan.checkpoints.manifest import Manifest, Notes
from catdcgan.checkpoints.pruning import prune
from catdcgan.console.errors import UserError
from catdcgan.console.words import counted, printable
from catdcgan.datasets.loading import DRAWN
from catdcgan.machine.arithmetic import wants_onednn
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.run_folder.directory import DEFAULT_PARENT, RunDirectory
from catdcgan.run_folder.record import Pictures, Record, read_record
from catdcgan.run_folder.set_aside import set_aside
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.run_folder.summary import last_metrics
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
    shown = printable(run.path)
    if any("\ud800" <= letter <= "\udfff" for letter in run.path):  # bytes that are no letters
        raise UserError(f"--run_dir: {shown}: TensorFlow wants UTF-8; another name is needed.")
    files.refuse_as_folder(run.path, "--run_dir")
    keep = given.get("keep_checkpoints", Config.keep_checkpoints)
    checkpoint, damages = find_newest_sound(run.path, keep if read_through else 0)
    damaged = [damage for damage in damages if damage.promised]
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


def prepare_folder(
    opening: Opening, record: Record, last_step: int, say: Callable[[str], None]
) -> Checkpoint | None:
    """Remove what the run is about to do again and what does not count; return where it goes on.

    A first save that was killed before its manifest gets one now. What the run surely wrote and is
    about to write again is removed; what else is in its way is set aside.

    Args:
        record: of the start that is about to begin.
        last_step: that it will reach.
        say: is told what is set aside, and what cannot be tidied up.

    Raises:
        OSError: something cannot be moved or written.
    """
    run, config, checkpoint = opening.run, opening.config, opening.checkpoint
    step = checkpoint.step if checkpoint else 0
    if checkpoint and not checkpoint.manifest.files:
        notes = Notes(epoch=0, saved=time.time(), record=record.as_json())
        checkpoint = write_manifest(checkpoint.prefix, step, notes)
    ours, doubtful = _in_the_way(opening, step, last_step)
    if doubtful:
        folder = set_aside(run, doubtful)
        say(f"set aside  {counted(len(doubtful), 'file')} of no use here, in {folder}")
    for path in [run.done, *ours]:
        files.remove(path)
    for folder in (run.path, run.snapshots):
        try:
            files.remove_abandoned(folder)
        except OSError as error:
            say(f"{error.filename}: cannot be removed ({error.strerror}); it stays")
    prune(run.path, config.keep_checkpoints, config.keep_every_hours, say)
    return checkpoint


def refuse_other_pictures(pictures: Pictures, opening: Opening) -> None:
    """Check that a run goes on with the pictures it began with.

    Raises:
        UserError: they are others; the text names both sets and the two ways on.
    """
    if opening.record is None:
        return
    was = opening.record.pictures
    if pictures.fingerprint != was.fingerprint and not _are_drawn(pictures, was):
        shown = printable(opening.run.path)
        raise UserError(
            f"--data_dir: {pictures.source}; the run in {shown} learns from others: "
            f"{was.source}. Those are needed, or another --run_dir, where --init_from {shown} "
            "takes over what it has learned."
        )


def mark_done(run: RunDirectory, step: int) -> None:
    """Note that a run has reached its last step."""
    files.write_atomically(run.done, f"{step}\n".encode())


def _are_drawn(pictures: Pictures, was: Pictures) -> bool:
    """Tell whether two sets are the drawn cats, which earlier versions drew otherwise by a hair."""
    return DRAWN in pictures.source and pictures.source == was.source


def _in_the_way(opening: Opening, step: int, last_step: int) -> tuple[list[str], list[str]]:
    """Return the files that lie where a run will write after `step`: surely its own, and others."""
    run, checkpoint = opening.run, opening.checkpoint
    ours: list[str] = []
    doubtful: list[str] = []
    for damage in opening.damages:
        if checkpoint is None or damage.prefix != checkpoint.prefix:
            (ours if damage.left_over else doubtful).extend(paths_of(damage.prefix))
    lines = last_metrics(run.metrics)
    noted = lines[-1]["step"] if lines else 0
    for snapshot in find_snapshots(run.snapshots):
        # A step's snapshot is there just before its line of metrics.
        if checkpoint and step < snapshot.step <= noted + 1:
            ours.append(snapshot.path)
        elif step < snapshot.step <= last_step:
            doubtful.append(snapshot.path)
    if checkpoint is None and files.exists(run.metrics) and files.size_of(run.metrics):
        doubtful.append(run.metrics)  # or its lines would be taken out one by one
    return ours, doubtful


def _adopt_unfinished(damages: list[Damage], record: Record) -> Checkpoint | None:
    """Take a save that was killed just before its manifest, where there is none before it.

    TensorFlow's part of it is whole then; it is read through, by its own checksums.

    Args:
        record: of the run, which TensorFlow is loaded for.
    """
    import_tensorflow(onednn=wants_onednn(record.arithmetic))
    from catdcgan.checkpoints.variables import is_readable

    for damage in damages:
        without_manifest = not files.exists(f"{damage.prefix}.json")
        if without_manifest and is_readable(damage.prefix):
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
