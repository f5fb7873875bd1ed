"""How a process becomes one of several workers, and how it leaves them, whatever ends it."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from catdcgan.console import exits
from catdcgan.console.errors import LostWorkerError, UserError, may_pass
from catdcgan.machine.arithmetic import (
    Arithmetic,
    choose_threads,
    describe_arithmetic,
    wants_onednn,
)
from catdcgan.machine.stop_signals import StoppedEarly
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.settings.config import Config
from catdcgan.training.starting import devices_of
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
    threads = choose_threads(config.threads, recorded)
    import_tensorflow(onednn=wants_onednn(recorded))
    from catdcgan.machine import devices
    from catdcgan.workers.cluster import (
        find_cluster,
        firewall_rule,
        refuse_peers_outside,
        speaks_for_machine,
    )
    from catdcgan.workers.team import Team

    cluster = find_cluster()
    refuse_peers_outside(cluster, config.allow_remote)
    chosen = devices_of(config)
    session_config = devices.session_config(threads, config.jit, chosen)
    if not is_isolated() and speaks_for_machine(cluster):
        print(
            "the worker's port is open on every network of this machine, without authentication; "
            f"to close it to all but the workers: {firewall_rule(cluster)}",
            flush=True,
        )
    team = Team(cluster, session_config, config.peer_timeout)
    team.meet(config.join_timeout)
    precision = devices.compute_dtype(config.precision).name
    arithmetic = describe_arithmetic(threads, precision, team.size, len(chosen))
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
