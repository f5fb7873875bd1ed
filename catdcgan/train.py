"""Train a DCGAN on pictures of cats. The same command continues a run that was stopped.

Usage: python -m catdcgan.train [flags]

Examples:
  python -m catdcgan.train --lr_d 2e-4 --lr_g 2e-4          the 128x128 cat DCGAN
  python -m catdcgan.train --preset tiny                    minutes on a laptop
  python -m catdcgan.train --data_dir ~/cats --run_dir checkpoints/my-cats
"""

from collections.abc import Sequence
from pathlib import Path

from catdcgan import command_line
from catdcgan.checkpoint_files import Checkpoint, find_latest, prefix_of
from catdcgan.config import Config, fixed_differences, make_config
from catdcgan.datasets import Dataset, load_dataset
from catdcgan.errors import UserError, printable
from catdcgan.quiet_import import import_tensorflow
from catdcgan.run_directory import DEFAULT_PARENT, RunDirectory
from catdcgan.run_log import RunLog
from catdcgan.schedule import Schedule, make_schedule

SKIPPED_SHOWN = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return command_line.run(_train, arguments)


def _train(arguments: Sequence[str]) -> int:
    given = command_line.parse(arguments, Config, __doc__)
    run, record, checkpoint = _find_run(given)
    config = make_config(given, record and record["config"])
    if record:
        _refuse_other_settings(config, record, run)
        schedule = make_schedule(config, record["pictures"]["count"])
        if checkpoint.step >= schedule.last_step:
            print(
                f"{run.path}: finished at step {checkpoint.step:,}; raise {schedule.limit} to go on"
            )
            return 0
    elif config.init_from:
        prefix_of(config.init_from, "--init_from")

    dataset = load_dataset(
        config.data_dir,
        config.image_size,
        config.batch_size,
        classes=config.classes,
        cache_dir=config.cache_dir,
        run_dir=str(run.path),
    )
    pictures = {
        "source": dataset.source,
        "count": len(dataset.images),
        "fingerprint": dataset.fingerprint,
    }
    if record:
        _refuse_other_pictures(pictures, record, run)
        run.record_continuation(record, config, checkpoint.step)
        run.done.unlink(missing_ok=True)
    else:
        run.write_record(config, pictures)
    schedule = make_schedule(config, len(dataset.images))
    log = RunLog()
    log.open(run.log)
    _say_what_was_found(dataset, log)
    return _run_loop(config, dataset, schedule, run, checkpoint, log)


def _find_run(given: dict) -> tuple[RunDirectory, dict | None, Checkpoint | None]:
    """Return the run's folder and, where there is work to continue, its record and checkpoint."""
    default = DEFAULT_PARENT / given.get("preset", Config.preset)
    run = RunDirectory(Path(given.get("run_dir") or default))
    if run.path.exists() and not run.path.is_dir():
        raise UserError(f"--run_dir: {printable(str(run.path))} is a file; a folder is needed.")
    checkpoint = find_latest(run.path)
    if checkpoint is None:
        return run, None, None  # a run killed before its first checkpoint starts anew
    record = run.read_record()
    if record is None:
        raise UserError(
            f"--run_dir: {printable(str(run.path))} holds checkpoints but no run.json; another "
            "folder is needed, with --init_from to start from one of these checkpoints."
        )
    return run, record, checkpoint


def _refuse_other_settings(config: Config, record: dict, run: RunDirectory) -> None:
    differences = fixed_differences(config, record["config"])
    if differences:
        raise UserError(
            f"--run_dir: {printable(str(run.path))} holds a run with other settings: "
            f"{', '.join(differences)}; leave them out to continue it, or give another --run_dir."
        )


def _refuse_other_pictures(pictures: dict, record: dict, run: RunDirectory) -> None:
    was = record["pictures"]
    if pictures["fingerprint"] != was["fingerprint"]:
        raise UserError(
            f"--data_dir: {pictures['source']}; the run in {printable(str(run.path))} learns from "
            f"others: {was['source']}. Give those, or another --run_dir, where "
            f"--init_from {printable(str(run.path))} takes over what it has learned."
        )


def _say_what_was_found(dataset: Dataset, log: RunLog) -> None:
    if dataset.skipped:
        log.say(f"skipped {len(dataset.skipped):,} files:")
    for index, skipped in enumerate(dataset.skipped):
        (log.say if index < SKIPPED_SHOWN else log.keep)(f"  {skipped}")
    if len(dataset.skipped) > SKIPPED_SHOWN:
        log.say(f"  and {len(dataset.skipped) - SKIPPED_SHOWN:,} more, named in train.log")


def _run_loop(
    config: Config,
    dataset: Dataset,
    schedule: Schedule,
    run: RunDirectory,
    checkpoint: Checkpoint | None,
    log: RunLog,
) -> int:
    import_tensorflow()
    from catdcgan import devices, files, stop_signals, training_loop
    from catdcgan.graph import build_training_graph, count_parameters

    dtype = devices.compute_dtype(config.precision)
    graph = build_training_graph(config, dtype)
    log.say(f"run        {run.path}, preset {config.preset}, seed {config.seed}")
    log.say(f"pictures   {dataset.source}, {config.image_size} x {config.image_size} pixels")
    log.say(
        f"networks   generator {count_parameters(graph.g_variables):,} parameters, "
        f"discriminator {count_parameters(graph.d_variables):,}"
    )
    log.say(
        f"steps      {schedule.last_step:,}: {schedule.last_epoch:,} epochs of "
        f"{schedule.steps_per_epoch:,}, {config.batch_size} pictures a step"
    )
    log.say(f"device     {devices.describe_device()}, {dtype.name}")
    if not devices.on_gpu() and config.preset != "tiny":
        log.say("           without a GPU this is slow; --preset tiny ends in minutes")
    if checkpoint:
        log.say(f"continuing at step {checkpoint.step:,} of {schedule.last_step:,}")
    training_loop.write_reals(config, dataset.images, run)
    with stop_signals.listen_for_stop(log.say) as stop:
        step = training_loop.train(
            config, graph, dataset.images, schedule, run, checkpoint, stop, log
        )
    if step < schedule.last_step:
        log.say(
            f"stopped and saved at step {step:,} of {schedule.last_step:,}; "
            "the same command continues"
        )
        return command_line.EXIT_STOPPED
    files.write_atomically(run.done, f"{step}\n".encode())
    log.say(f"finished at step {step:,}; pictures: {run.snapshot(step)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
