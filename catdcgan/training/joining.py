"""How a process becomes one of several workers, and how it leaves them, whatever ends it."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from catdcgan.console import exits
from catdcgan.console.errors import LostWorkerError, UserError, may_pass
from catdcgan.machine.arithmetic import (
    Arithmetic,
    describe_arithmetic,
    wants_onednn,
)
from catdcgan.machine.stop_signals import StoppedEarly
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.settings.config import Config
from catdcgan.training.starting import settle_computing
from catdcgan.workers.isolation import is_isolated

if TYPE_CHECKING:
    from catdcgan.workers.team import Team


class Joined(NamedTuple):
    """The workers, once all have met, and how this one computes."""

    team: "Team"
    arithmetic: Arithmetic


@contextlib.contextmanager
def join(config: Config, recorded: Arithmetic | None) -> Iterator[Joined]:
    """Meet the other workers; the block is what is done together.

    Args:
        config: the settings as far as this worker knows them.
        recorded: how the run computed so far, where that is known.

    Raises:
        UserError: the workers are not as they should be, or their addresses.
        LostWorkerError: one has not come, or is gone.
    """
    import_tensorflow(onednn=wants_onednn(recorded))
    from catdcgan.workers.cluster import (
        find_cluster,
        firewall_rule,
        refuse_peers_outside,
        speaks_for_machine,
    )
    from catdcgan.workers.team import Team

    cluster = find_cluster()
    refuse_peers_outside(cluster, config.allow_remote)
    # After the cluster: under Slurm that decides which GPUs this process sees.
    computing = settle_computing(config, recorded)
    if not is_isolated() and speaks_for_machine(cluster):
        print(
            "the worker's port is open on every network of this machine, without authentication; "
            f"to close it to all but the workers: {firewall_rule(cluster)}",
            flush=True,
        )
    team = Team(cluster, computing.session_config, config.peer_timeout)
    team.meet(config.join_timeout)
    arithmetic = describe_arithmetic(
        computing.threads, computing.dtype.name, team.size, len(computing.devices)
    )
    try:
        refuse_peers_outside(cluster, config.allow_remote)  # those whose names had no address yet
        yield Joined(team, arithmetic)
    except LostWorkerError:
        raise
    except BaseException as error:
        team.leave(_code_of(error), early=True)
        raise


def _code_of(error: BaseException) -> int:
    if isinstance(error, UserError):
        return exits.EXIT_MAY_PASS if may_pass(error) else exits.EXIT_USER
    return exits.EXIT_STOPPED if isinstance(error, StoppedEarly) else exits.EXIT_BUG
