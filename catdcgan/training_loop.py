"""The loop: restore, step, log, snapshot, save."""

import datetime
import math
import time
from typing import Any

import numpy as np
import tensorflow as tf

from catdcgan import checkpoints, devices, files
from catdcgan.checkpoint_files import Checkpoint, prefix_of, prune
from catdcgan.config import Config
from catdcgan.datasets.batches import batch_at, epoch_order
from catdcgan.errors import UserError
from catdcgan.graph import TrainingGraph
from catdcgan.images import encode_jpeg, make_grid, to_floats
from catdcgan.latents import sample_z, training_z
from catdcgan.rendering import render
from catdcgan.run_directory import RunDirectory
from catdcgan.run_log import MetricsFile, RunLog
from catdcgan.schedule import Schedule
from catdcgan.settings import parse_grid
from catdcgan.stop_signals import StopRequest
from catdcgan.training_progress import TrainingProgress, in_words

v1 = tf.compat.v1


def train(
    config: Config,
    graph: TrainingGraph,
    images: np.ndarray,
    schedule: Schedule,
    run: RunDirectory,
    checkpoint: Checkpoint | None,
    stop: StopRequest,
    log: RunLog,
) -> int:
    """Train until the last step or until asked to stop; everything is saved when this returns.

    Args:
        images: the set, uint8 `[N, S, S, 3]`.
        checkpoint: where the run goes on; without one it starts at step 0.

    Returns:
        The number of steps done since step 0.

    Raises:
        UserError: training became sick, or a checkpoint could not be read or saved.
    """
    with v1.Session(graph=graph.graph, config=devices.session_config()) as session:
        step = _start(session, graph, config, checkpoint, log)
        graph.graph.finalize()
        metrics_file = MetricsFile(run.metrics, step)
        progress = TrainingProgress(log, schedule, config.batch_size, step)
        saved_step, saved_time = step, time.monotonic()
        try:
            while step < schedule.last_step and not stop:
                metrics = _run_step(session, graph, config, images, step)
                step += 1
                timing = progress.show(step, metrics)
                _refuse_sickness(step, metrics, saved_step)
                epoch = schedule.epoch_at(step)
                metrics_file.write(step, {"epoch": epoch, **metrics, "timing": timing})
                if progress.estimate_is_due(step):
                    _say_how_long(progress, schedule, step, log)
                if schedule.snapshot_due(step):
                    _take_snapshot(session, graph, config, run, step)
                minutes = (time.monotonic() - saved_time) / 60
                if schedule.save_due(step) or minutes >= config.save_every_minutes:
                    _save(session, graph, config, run, schedule, step, metrics_file)
                    saved_step, saved_time = step, time.monotonic()
            if step != saved_step:
                _save(session, graph, config, run, schedule, step, metrics_file)
        finally:
            progress.close()
            metrics_file.close()
    return step


def write_reals(config: Config, images: np.ndarray, run: RunDirectory) -> None:
    """Write the sheet of the first real pictures that training will see."""
    rows, columns = parse_grid(config.snapshot_grid)
    order = epoch_order(len(images), config.seed, 0, config.shuffle)
    chosen = images[np.sort(order[: rows * columns])]
    files.write_atomically(run.reals, encode_jpeg(make_grid(chosen, rows, columns)))


def _start(
    session: v1.Session,
    graph: TrainingGraph,
    config: Config,
    checkpoint: Checkpoint | None,
    log: RunLog,
) -> int:
    """Give every variable its value; return the steps done so far."""
    if checkpoint:
        checkpoints.restore(session, graph.saver, checkpoint.prefix)
        return checkpoint.step
    session.run(graph.initialize)
    if config.init_from:
        prefix = prefix_of(config.init_from, "--init_from")
        kept = checkpoints.restore_what_is_there(session, prefix)
        adam = f"; not in it, so fresh: {len(kept)} variables of Adam's" if kept else ""
        log.say(f"starting from the weights of {prefix}{adam}")
    return 0


def _run_step(
    session: v1.Session, graph: TrainingGraph, config: Config, images: np.ndarray, step: int
) -> dict[str, float]:
    """Update D, then G, on the pictures and latents of step number `step`; return the numbers."""
    pixels = batch_at(
        images,
        step,
        config.batch_size,
        seed=config.seed,
        shuffle=config.shuffle,
        mirror=config.mirror,
    )
    z = training_z(config.noise_law, config.seed, step, config.batch_size, config.z_dim)
    feed = {
        graph.real_images: to_floats(pixels, config.pixel_range),
        graph.z: z,
        graph.lr_d: config.lr_d,
        graph.lr_g: config.lr_g,
        graph.step: step,
    }
    numbers = {
        "d_loss": graph.d_loss,
        "g_loss": graph.g_loss,
        "d_real": graph.d_real,
        "d_fake": graph.d_fake,
    }
    values, _ = session.run((numbers, graph.train_g), feed)
    return {name: float(value) for name, value in values.items()}


def _refuse_sickness(step: int, metrics: dict[str, float], saved_step: int) -> None:
    sick = [name for name, value in metrics.items() if not math.isfinite(value)]
    if sick:
        raise UserError(
            f"step {step}: {sick[0]} is {metrics[sick[0]]}; lower learning rates are needed "
            f"(--lr_d, --lr_g). Nothing after step {saved_step} was saved."
        )


def _take_snapshot(
    session: v1.Session, graph: TrainingGraph, config: Config, run: RunDirectory, step: int
) -> None:
    rows, columns = parse_grid(config.snapshot_grid)
    latents = sample_z(config.noise_law, range(rows * columns), config.z_dim)
    pictures = render(session, graph.z, graph.samples, latents, config.pixel_range)
    files.write_atomically(run.snapshot(step), encode_jpeg(make_grid(pictures, rows, columns)))


def _save(
    session: v1.Session,
    graph: TrainingGraph,
    config: Config,
    run: RunDirectory,
    schedule: Schedule,
    step: int,
    metrics_file: MetricsFile,
) -> None:
    metrics_file.flush()  # first: a checkpoint never knows more than the metrics
    info: dict[str, Any] = {
        "epoch": schedule.epoch_at(step),
        "preset": config.preset,
        "saved": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    checkpoints.save(session, graph.saver, run.path, step, info)
    prune(run.path, config.keep_checkpoints)


def _say_how_long(progress: TrainingProgress, schedule: Schedule, step: int, log: RunLog) -> None:
    left = progress.seconds_left(step)
    text = f"{progress.seconds_a_step():.2g} s a step: about {in_words(left)} to the last step"
    log.say(text)
