"""How a training starts: how it computes, its graph, its folder, and how it ends.

A dry run computes as the run itself will, since both have their graph from `build`.
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from catdcgan.checkpoints.files import prefix_of
from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.progress import speaking
from catdcgan.datasets.loading import Dataset
from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.machine.arithmetic import (
    Arithmetic,
    choose_threads,
    describe_arithmetic,
    wants_onednn,
)
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.opening import Opening, mark_done, prepare_folder
from catdcgan.run_folder.record import Pictures, begin_record, continue_record, write_record
from catdcgan.settings.config import Config, parse_devices
from catdcgan.settings.schedule import make_schedule
from catdcgan.training.announcing import say_plan, say_what_is_different, say_what_was_found

if TYPE_CHECKING:
    import tensorflow as tf
    import tensorflow.compat.v1 as v1

    from catdcgan.graph.training import TrainingGraph
    from catdcgan.workers.team import Alone


class Computing(NamedTuple):
    """How a process computes.

    Attributes:
        threads: of an operation.
        dtype: the type that networks compute in.
        devices: TensorFlow's names of them.
        session_config: what a session takes of them.
    """

    threads: int
    dtype: "tf.DType"
    devices: list[str]
    session_config: "v1.ConfigProto"


class Built(NamedTuple):
    """The graph of a run, how this process computes it, and what its session takes."""

    graph: "TrainingGraph"
    arithmetic: Arithmetic
    session_config: "v1.ConfigProto"


def pictures_of(dataset: Dataset) -> Pictures:
    """Return what a record tells of a set."""
    return Pictures(dataset.source, len(dataset.images), dataset.fingerprint)


def recorded_of(opening: Opening) -> Arithmetic | None:
    """Return how a run computed so far, None of a new one."""
    return opening.record.arithmetic if opening.record else None


def settle_computing(config: Config, recorded: Arithmetic | None) -> Computing:
    """Load TensorFlow, and settle on what, in which type and by how many threads it computes.

    Args:
        recorded: how the run computed so far.

    Raises:
        UserError: the devices that are asked for are not here.
    """
    threads = choose_threads(config.threads, recorded)
    import_tensorflow(onednn=wants_onednn(recorded))
    from catdcgan.machine import devices

    try:
        chosen = devices.choose_devices(*(parse_devices(config.devices) or ()))
    except ValueError as error:
        raise UserError(f"--devices: {config.devices}; {error}.") from error
    return Computing(
        threads,
        devices.compute_dtype(config.precision),
        chosen,
        devices.session_config(threads, config.jit, chosen),
    )


def build(config: Config, recorded: Arithmetic | None, team: "Alone | None" = None) -> Built:
    """Load TensorFlow, settle how it computes, and build the graph of a run.

    Args:
        recorded: how the run computed so far.
        team: the workers; None is this one alone.

    Raises:
        UserError: the devices that are asked for are not here, or are too many.
    """
    computing = settle_computing(config, recorded)
    from catdcgan.graph.placement import place_replicas
    from catdcgan.graph.training import build_training_graph
    from catdcgan.machine import devices

    if config.deterministic:
        devices.make_deterministic(config.seed)
    chosen, dtype = computing.devices, computing.dtype
    index, size = (team.index, team.size) if team else (0, 1)
    if size * len(chosen) > config.batch_size:
        raise UserError(
            f"--batch_size: {config.batch_size} for {size * len(chosen)} devices; a picture for "
            "each, at least, is needed."
        )
    placement = place_replicas(
        config.batch_size, chosen, index, size, normalises_jointly=config.batch_norm == "sync"
    )
    return Built(
        build_training_graph(config, dtype, placement),
        describe_arithmetic(computing.threads, dtype.name, size, len(chosen)),
        computing.session_config,
    )


def train(
    opening: Opening,
    dataset: Dataset,
    evaluation: PeriodicEvaluation | None,
    team: "Alone | None" = None,
) -> int:
    """Begin a run or go on with it, until its last step or until it is asked to stop.

    Args:
        opening: of a run whose lock is held, with nothing left open in its settings.
        evaluation: measures samples, where that is wanted.
        team: the workers, of which this one keeps the run; None is this one alone.

    Returns:
        The exit code.

    Raises:
        UserError: something the user must settle.
    """
    run, config, record, checkpoint, _ = opening
    step = checkpoint.step if checkpoint else 0
    log = RunLog(config.quiet)
    graph, arithmetic, session_config = build(config, recorded_of(opening), team)
    from catdcgan.checkpoints.variables import variables_there
    from catdcgan.machine import preemption, stop_signals
    from catdcgan.training.job import Job
    from catdcgan.training.loop import Training
    from catdcgan.workers.team import Alone

    team = team or Alone()
    if config.init_from and not checkpoint:
        prefix = prefix_of(config.init_from, "--init_from")
        variables_there(graph.variables, prefix)  # before anything is written
    run.fetch_growing_files()
    log.open(run.log)
    say_what_was_found(dataset, log)
    say_what_is_different(opening, arithmetic, dataset, log)
    if record:
        record = continue_record(record, config, arithmetic, step)
    else:
        record = begin_record(config, pictures_of(dataset), arithmetic)
    write_record(run, record)
    schedule = make_schedule(config, len(dataset.images))
    checkpoint = prepare_folder(opening, record, schedule.last_step, log.say)
    say_plan(config, dataset, schedule, run, graph, arithmetic, log)
    if checkpoint:
        log.say(f"continuing at step {step:,} of {schedule.last_step:,}")
    job = Job(
        *(config, graph, dataset.images, schedule, run, record, log),
        *(session_config, team, evaluation),
    )
    team.exchange({"step": step})  # from here on the others go along
    with (
        _kept_in(log),
        stop_signals.listen_for_stop(log.say) as stop,
        preemption.watch(config.watch_preemption, log.say, stop.ask),
        speaking(not config.quiet),
    ):
        step = Training(job).train(checkpoint, stop)
    if step < schedule.last_step:
        done = f"and saved at step {step:,} of {schedule.last_step:,}" if step else "at step 0"
        log.say(f"stopped {done}; the same command continues")
        return exits.EXIT_STOPPED
    mark_done(run, step)
    log.say(f"finished at step {step:,}; pictures: {run.snapshot(step)}")
    run.publish_growing_files()
    return 0


@contextlib.contextmanager
def _kept_in(log: RunLog) -> Iterator[None]:
    """Keep the line of an error, which the command shows, in the log too."""
    try:
        yield
    except Exception as error:
        log.keep(f"{type(error).__name__}: {error}")
        raise
