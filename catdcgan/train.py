"""Train a DCGAN on pictures of cats. The same command continues a run that was stopped.

Usage: python -m catdcgan.train [flags]

Examples:
  python -m catdcgan.train --lr_d 2e-4 --lr_g 2e-4          the 128x128 cat DCGAN
  python -m catdcgan.train --preset tiny                    minutes on a laptop
  python -m catdcgan.train --data_dir ~/cats --run_dir checkpoints/my-cats
  python -m catdcgan.train --preset mnist-bn --data_dir data/mnist

Exit codes: 0 finished; 1 something to settle, told in one line; 75 stopped and saved.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence

from catdcgan.checkpoints.files import prefix_of
from catdcgan.console import exits
from catdcgan.console.progress import quietly
from catdcgan.console.words import printable
from catdcgan.datasets.loading import Dataset, load_dataset, split_held_back
from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.machine.arithmetic import choose_threads, describe_arithmetic
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.lock import hold_lock
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.opening import (
    Opening,
    open_run,
    prepare_folder,
    refuse_other_pictures,
    run_dir_of,
)
from catdcgan.run_folder.record import Pictures, begin_record, continue_record, write_record
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule, make_schedule
from catdcgan.settings.small_sets import settle_by_size
from catdcgan.storage import files
from catdcgan.training.announcing import say_plan, say_what_is_different, say_what_was_found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_train, arguments)


def _train(arguments: Sequence[str]) -> int:
    given = flags.parse(arguments, Config, __doc__)
    if "data_dir" in given:
        given["data_dir"] = os.path.abspath(given["data_dir"])  # the run goes on from anywhere
    run = RunDirectory(run_dir_of(given))
    # A first look, before anything is read or written: mistakes are told at once.
    opening = open_run(given, run, read_through=False)
    if _is_at_its_end(opening) and _is_finished(open_run(given, run, read_through=True)):
        return 0
    config = opening.config
    with quietly(config.quiet):
        dataset = load_dataset(
            config.data_dir,
            config.image_size,
            config.batch_size,
            channels=config.channels,
            data_set=config.data_set,
            classes=config.classes,
            classes_asked="classes" in given,
            cache_dir=config.cache_dir,
            run_dir=run.path if files.is_local(run.path) else None,
        )
    dataset, held_back = split_held_back(dataset, config.hold_back, config.batch_size)
    evaluation = PeriodicEvaluation(dataset.images, held_back) if config.evaluate_every else None
    pictures = Pictures(dataset.source, len(dataset.images), dataset.fingerprint)
    refuse_other_pictures(pictures, opening)
    if config.dry_run:
        from catdcgan.training.dry_run import try_out

        return try_out(_settle(opening, dataset), dataset, evaluation)
    with hold_lock(run.path):
        # The look that counts: another process may have been at work in the meantime.
        opening = open_run(given, run, read_through=True)
        if _is_finished(opening):
            return 0
        refuse_other_pictures(pictures, opening)
        return _run(_settle(opening, dataset), dataset, pictures, evaluation)


def _settle(opening: Opening, dataset: Dataset) -> Opening:
    return opening._replace(config=settle_by_size(opening.config, len(dataset.images)))


def _is_at_its_end(opening: Opening) -> bool:
    return opening.record is not None and opening.checkpoint.step >= _schedule_of(opening).last_step


def _schedule_of(opening: Opening) -> Schedule:
    return make_schedule(opening.config, opening.record.pictures.count)


def _is_finished(opening: Opening) -> bool:
    """Tell, and say, that there is nothing left to do; the last checkpoint was read through."""
    if not _is_at_its_end(opening):
        return False
    if not files.exists(opening.run.done):  # killed between its last save and its mark
        _mark_done(opening.run, opening.checkpoint.step)
    if not opening.config.quiet:
        print(
            f"{printable(opening.run.path)}: finished at step {opening.checkpoint.step:,}; "
            f"raise {_schedule_of(opening).limit} to go on"
        )
    return True


def _mark_done(run: RunDirectory, step: int) -> None:
    files.write_atomically(run.done, f"{step}\n".encode())


def _run(
    opening: Opening,
    dataset: Dataset,
    pictures: Pictures,
    evaluation: PeriodicEvaluation | None,
) -> int:
    run, config, record, checkpoint, _ = opening
    step = checkpoint.step if checkpoint else 0
    log = RunLog(config.quiet)
    threads = choose_threads(config.threads, record.arithmetic if record else None)
    import_tensorflow()
    from catdcgan.checkpoints.variables import variables_there
    from catdcgan.graph.training import build_training_graph
    from catdcgan.machine import devices, preemption, stop_signals
    from catdcgan.training.loop import Training

    if config.deterministic:
        devices.make_deterministic(config.seed)
    dtype = devices.compute_dtype(config.precision)
    graph = build_training_graph(config, dtype, devices.device_for_inputs())
    if config.init_from and not checkpoint:
        prefix = prefix_of(config.init_from, "--init_from")
        variables_there(graph.variables, prefix)  # before anything is written

    arithmetic = describe_arithmetic(threads, dtype.name)
    run.fetch_growing_files()
    log.open(run.log)
    say_what_was_found(dataset, log)
    say_what_is_different(opening, arithmetic, log)
    if record:
        record = continue_record(record, config, arithmetic, step)
    else:
        record = begin_record(config, pictures, arithmetic)
    write_record(run, record)
    checkpoint = prepare_folder(opening, record)

    schedule = make_schedule(config, len(dataset.images))
    say_plan(config, dataset, schedule, run, graph, arithmetic, log)
    if checkpoint:
        log.say(f"continuing at step {step:,} of {schedule.last_step:,}")
    training = Training(config, graph, dataset.images, schedule, run, record, log, evaluation)
    with (
        _kept_in(log),
        stop_signals.listen_for_stop(log.say) as stop,
        preemption.watch(config.watch_preemption, log.say, stop.ask),
        quietly(config.quiet),
    ):
        step = training.train(checkpoint, stop)
    if step < schedule.last_step:
        done = f"and saved at step {step:,} of {schedule.last_step:,}" if step else "at step 0"
        log.say(f"stopped {done}; the same command continues")
        return exits.EXIT_STOPPED
    _mark_done(run, step)
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


if __name__ == "__main__":
    raise SystemExit(main())
