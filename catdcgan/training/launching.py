"""Several workers on this machine: how many, and in a network that nobody outside can reach."""

import os
import re
from collections.abc import Sequence

from catdcgan.console.errors import UserError
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.storage import files
from catdcgan.workers.cluster import TF_CONFIG
from catdcgan.workers.isolation import isolate_network

WORKERS = "--workers"
MOST = 64


def take_workers(arguments: Sequence[str]) -> tuple[int, list[str]]:
    """Return the number of workers that flags ask for, 1 without, and the other flags.

    Raises:
        UserError: it is no number.
    """
    found, rest, expected = "1", [], False
    for argument in arguments:
        if expected:
            found, expected = argument, False
        elif argument == WORKERS:
            found, expected = "", True
        elif argument.startswith(f"{WORKERS}="):
            found = argument.partition("=")[2]
        elif argument != "--":
            rest.append(argument)
    if not re.fullmatch(r"[1-9]\d?", found) or int(found) > MOST:
        raise UserError(f"{WORKERS}: {found!r}; it needs to be from 1 to {MOST}.")
    return int(found), rest


def prepare_workers(workers: int, training_flags: Sequence[str], *, isolated: bool = True) -> None:
    """Make this process ready to start workers.

    Args:
        isolated: their network may be one of their own, where the training needs no other.

    Raises:
        UserError: the environment names workers of other machines too.
    """
    if workers == 1 or flags.asks_for_help(training_flags):
        return
    if os.environ.get(TF_CONFIG):
        raise UserError(
            f"{WORKERS}: {TF_CONFIG} names workers of several machines; one of the two is needed."
        )
    given = flags.parse(training_flags, Config, "")
    folders = (given.get(name) for name in ("data_dir", "run_dir", "init_from", "cache_dir"))
    needs_network = bool(given.get("watch_preemption")) or not all(
        files.is_local(folder) for folder in folders if folder
    )
    if isolated and not needs_network:
        isolate_network()  # where it may not, each worker says that its port is open
