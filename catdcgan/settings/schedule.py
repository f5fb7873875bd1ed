"""When a run ends, and at which steps it takes snapshots and saves."""

from typing import NamedTuple

from catdcgan.settings.config import Config


class Schedule(NamedTuple):
    """The steps of a run; a step number counts the steps done."""

    steps_per_epoch: int
    last_step: int
    last_epoch: int
    snapshot_every: int  # steps
    save_every: int  # steps
    evaluate_every: int  # steps; 0 is never
    lr_decay: float
    lr_anneal: float  # share of all steps
    limit: str  # the flag that sets the last step

    def epoch_at(self, step: int) -> int:
        """Return the epoch, from 1, that step number `step` belongs to."""
        return max(step - 1, 0) // self.steps_per_epoch + 1

    def snapshot_due(self, step: int) -> bool:
        """Tell whether a snapshot is taken after `step`."""
        return step % self.snapshot_every == 0 or step == self.last_step

    def save_due(self, step: int) -> bool:
        """Tell whether a checkpoint is saved after `step`, whatever the time."""
        return step % self.save_every == 0 or step == self.last_step

    def evaluation_due(self, step: int) -> bool:
        """Tell whether samples are measured after `step`."""
        if not self.evaluate_every:
            return False
        return step % self.evaluate_every == 0 or step == self.last_step

    def rate_at(self, step: int) -> float:
        """Return by how much both learning rates are multiplied in step number `step`, from 0."""
        rate = 1 / (1 + self.lr_decay * step)
        if self.lr_anneal:
            rate *= min((self.last_step - step) / (self.lr_anneal * self.last_step), 1.0)
        return rate


def make_schedule(config: Config, count: int) -> Schedule:
    """Return the schedule of a run on `count` pictures."""
    per_epoch = steps_per_epoch(count, config.batch_size)
    last_step, limit = config.epochs * per_epoch, "--epochs"
    if config.max_steps is not None and config.max_steps < last_step:
        last_step, limit = config.max_steps, "--max_steps"
    return Schedule(
        steps_per_epoch=per_epoch,
        last_step=last_step,
        last_epoch=-(-last_step // per_epoch),
        snapshot_every=config.snapshot_every,
        save_every=config.save_every_epochs * per_epoch,
        evaluate_every=config.evaluate_every,
        lr_decay=config.lr_decay,
        lr_anneal=config.lr_anneal,
        limit=limit,
    )


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return how many whole batches `count` pictures give; the remainder is left out."""
    return count // batch_size
