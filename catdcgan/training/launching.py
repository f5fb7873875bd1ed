"""Several workers on this machine: how many, and in a network that nobody outside can reach."""

import contextlib
import dataclasses
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from catdcgan.console.errors import UserError
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.opening import run_dir_of
from catdcgan.run_folder.record import read_record
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.settings.setting import between, check_each, setting
from catdcgan.storage import files
from catdcgan.training.supervising import TRAIN, Supervisor
from catdcgan.workers.cluster import names_cluster
from catdcgan.workers.gpus import gpus_of
from catdcgan.workers.isolation import isolate_network

WORKERS = "Workers on this machine"
PLACES = ("data_dir", "run_dir", "init_from", "cache_dir")
# The flags below in any spelling that `flags.parse` takes.
_OWN = re.compile(r"--?(?:(?P<counted>workers)|(?:no[-_]?)?isolation)(?P<value>=.*)?", re.I | re.S)


@dataclasses.dataclass(frozen=True)
class LaunchConfig:
    """How a training is started on this machine."""

    workers: int = setting(
        1, "processes that train together and share each batch", WORKERS, check=between(1, 64)
    )
    isolation: bool = setting(
        True,
        "give several workers a network that nobody else can reach, where Linux lets a user have "
        "one and the training needs no other",
        WORKERS,
    )


def split_flags(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the flags of `LaunchConfig`, wherever they stand, and those of the training."""
    own: list[str] = []
    others: list[str] = []
    wants_value = False
    for argument in arguments:
        match = _OWN.fullmatch(argument)
        if match or (wants_value and not argument.startswith("-")):
            own.append(argument)
        elif argument != "--":
            others.append(argument)
        wants_value = bool(match and match["counted"] and match["value"] is None)
    return own, others


def launch(log_folder: str, given: Mapping[str, Any], training_flags: Sequence[str]) -> int:
    """Train with as many workers as asked for, until there is no point; return the exit code.

    Args:
        log_folder: where `run_train.log` goes when the run is not on a local disk.
        given: settings of `LaunchConfig`.

    Raises:
        UserError: something is wrong with the flags, or with what they ask of this machine.
    """
    asked = LaunchConfig(**given)
    check_each(asked)
    if flags.asks_for_help(training_flags):
        code = subprocess.run([*TRAIN, "--help"]).returncode
        with contextlib.suppress(SystemExit):
            flags.parse(["--help"], LaunchConfig, "")
        return code
    training = flags.parse(training_flags, Config, "")
    if asked.workers > 1:
        _refuse_workers(asked.workers, training)
        if asked.isolation and not _needs_network(training):
            isolate_network()  # where it may not, the workers say that their ports are open
    return Supervisor(log_folder, training_flags, workers=asked.workers).run()


def _refuse_workers(workers: int, training: Mapping[str, Any]) -> None:
    """Check that this machine can have so many workers."""
    if names_cluster(os.environ):
        raise UserError(
            f"--workers: {workers}, but TF_CONFIG or Slurm name several workers already; one of "
            "the two is needed."
        )
    gpus = len(gpus_of(os.environ))
    on_processor = training.get("devices", "").startswith("cpu")
    if 0 < gpus < workers and not on_processor:
        raise UserError(
            f"--workers: {workers} for {gpus} GPUs; a GPU for each is needed, or --devices cpu:1."
        )


def _needs_network(training: Mapping[str, Any]) -> bool:
    """Tell whether a training reads or writes a store, or asks its cloud."""
    run_dir = run_dir_of(training)
    record = read_record(RunDirectory(run_dir)) if files.is_local(run_dir) else None
    known = {"run_dir": run_dir, **(record.config if record else {}), **training}
    if known.get("watch_preemption"):
        return True
    return not all(files.is_local(known[name]) for name in PLACES if known.get(name))
