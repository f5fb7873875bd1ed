"""The loop: restore, step, log, snapshot, save."""

import datetime
import math
import time

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


class Training:
    """A run in the making: what its steps, snapshots and saves need at hand."""

    def __init__(
        self,
        config: Config,
        graph: TrainingGraph,
        images: np.ndarray,
        schedule: Schedule,
        run: RunDirectory,
        log: RunLog,
    ) -> None:
        """Gather; `images` is the set, uint8 `[N, S, S, 3]`."""
        self.config = config
        self.graph = graph
        self.images = images
        self.schedule = schedule
        self.run = run
        self.log = log

    def train(self, checkpoint: Checkpoint | None, stop: StopRequest) -> int:
        """Train until the last step or until asked to stop; then everything is saved.

        Args:
            checkpoint: where the run goes on; without one it starts at step 0.

        Returns:
            The number of steps done since step 0.

        Raises:
            UserError: training became sick, or a checkpoint could not be read or saved.
        """
        with v1.Session(graph=self.graph.graph, config=devices.session_config()) as session:
            step = self._start(session, checkpoint)
            self.graph.graph.finalize()
            self._write_reals()
            metrics_file = MetricsFile(self.run.metrics, step)
            progress = TrainingProgress(self.log, self.schedule, self.config.batch_size, step)
            saved_step, saved_time = step, time.monotonic()
            try:
                while step < self.schedule.last_step and not stop:
                    metrics = self._run_step(session, step)
                    step += 1
                    timing = progress.show(step, metrics)
                    _refuse_sickness(step, metrics, saved_step)
                    epoch = self.schedule.epoch_at(step)
                    metrics_file.write(step, {"epoch": epoch, **metrics, "timing": timing})
                    if progress.estimate_is_due(step):
                        self._say_how_long(progress, step)
                    if self.schedule.snapshot_due(step):
                        self._take_snapshot(session, step)
                    minutes = (time.monotonic() - saved_time) / 60
                    if self.schedule.save_due(step) or minutes >= self.config.save_every_minutes:
                        self._save(session, step)
                        saved_step, saved_time = step, time.monotonic()
                if step != saved_step:
                    self._save(session, step)
            finally:
                progress.close()
                metrics_file.close()
        return step

    def _start(self, session: v1.Session, checkpoint: Checkpoint | None) -> int:
        """Give every variable its value; return the steps done so far."""
        if checkpoint:
            checkpoints.restore(session, self.graph.saver, checkpoint.prefix)
            return checkpoint.step
        session.run(self.graph.initialize)
        if self.config.init_from:
            prefix = prefix_of(self.config.init_from, "--init_from")
            fresh = checkpoints.restore_what_is_there(session, prefix)
            adam = (
                "but for Adam's part, which is not all in it" if fresh else "Adam's part included"
            )
            self.log.say(f"starting from {prefix}, {adam}")
        return 0

    def _run_step(self, session: v1.Session, step: int) -> dict[str, float]:
        """Update D, then G, on the pictures and latents of step number `step`."""
        config, graph = self.config, self.graph
        pixels = batch_at(
            self.images,
            step,
            config.batch_size,
            seed=config.seed,
            shuffle=config.shuffle,
            mirror=config.mirror,
        )
        feed = {
            graph.real_images: to_floats(pixels, config.pixel_range),
            graph.z: training_z(
                config.noise_law, config.seed, step, config.batch_size, config.z_dim
            ),
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

    def _take_snapshot(self, session: v1.Session, step: int) -> None:
        rows, columns = parse_grid(self.config.snapshot_grid)
        latents = sample_z(self.config.noise_law, range(rows * columns), self.config.z_dim)
        pictures = render(
            session, self.graph.z, self.graph.samples, latents, self.config.pixel_range
        )
        sheet = encode_jpeg(make_grid(pictures, rows, columns))
        files.write_atomically(self.run.snapshot(step), sheet)

    def _write_reals(self) -> None:
        """Write a sheet of pictures of the first epoch."""
        rows, columns = parse_grid(self.config.snapshot_grid)
        order = epoch_order(len(self.images), self.config.seed, 0, self.config.shuffle)
        chosen = self.images[np.sort(order[: rows * columns])]
        files.write_atomically(self.run.reals, encode_jpeg(make_grid(chosen, rows, columns)))

    def _save(self, session: v1.Session, step: int) -> None:
        info = {
            "epoch": self.schedule.epoch_at(step),
            "preset": self.config.preset,
            "saved": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        checkpoints.save(session, self.graph.saver, self.run.path, step, info)
        prune(self.run.path, self.config.keep_checkpoints)

    def _say_how_long(self, progress: TrainingProgress, step: int) -> None:
        left = in_words(progress.seconds_left(step))
        self.log.say(f"{progress.seconds_a_step():.2g} s a step: about {left} to the last step")


def _refuse_sickness(step: int, metrics: dict[str, float], saved_step: int) -> None:
    sick = [name for name, value in metrics.items() if not math.isfinite(value)]
    if sick:
        raise UserError(
            f"step {step}: {sick[0]} is {metrics[sick[0]]}; lower learning rates are needed "
            f"(--lr_d, --lr_g). Nothing after step {saved_step} was saved."
        )
