"""Train a DCGAN on pictures of cats. The same command continues a run that was stopped.

Usage: python -m catdcgan.train [flags]

Examples:
  python -m catdcgan.train --lr_d 2e-4 --lr_g 2e-4          the 128x128 cat DCGAN
  python -m catdcgan.train --preset tiny                    minutes on a laptop
  python -m catdcgan.train --data_dir ~/cats --run_dir checkpoints/my-cats
  python -m catdcgan.train --preset mnist-bn --data_dir data/mnist

Exit codes: 0 finished; 1 something to settle, told in one line; 74 something that may pass by
itself, such as a full disk; 75 stopped and saved.
"""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.progress import speaking
from catdcgan.console.streams import outlive_readers
from catdcgan.console.words import printable
from catdcgan.datasets.loading import Dataset, load_dataset, split_held_back
from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.lock import hold_lock
from catdcgan.run_folder.opening import (
    Opening,
    mark_done,
    open_run,
    refuse_other_pictures,
    run_dir_of,
)
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import Schedule, make_schedule
from catdcgan.settings.small_sets import settle_by_size
from catdcgan.storage import files
from catdcgan.training import starting
from catdcgan.training.agreeing import agree_on_pictures, agree_on_settings
from catdcgan.training.dry_run import try_out
from catdcgan.training.following import follow
from catdcgan.training.joining import join
from catdcgan.training.starting import pictures_of, recorded_of
from catdcgan.workers import cluster

if TYPE_CHECKING:
    from catdcgan.workers.team import Alone  # loads TensorFlow


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_train, arguments, goes_on=True)


def _train(arguments: Sequence[str]) -> int:
    given = flags.parse(arguments, Config, __doc__)
    outlive_readers()
    if "data_dir" in given:
        given["data_dir"] = os.path.abspath(given["data_dir"])  # the run goes on from anywhere
    if cluster.names_cluster(os.environ):
        return _train_together(given)
    run = RunDirectory(run_dir_of(given))
    # A first look, before anything is read or written: mistakes are told at once.
    opening = open_run(given, run, read_through=False)
    if _is_over(given, opening):
        return 0
    dataset, evaluation = _load(opening.config, given, run)
    refuse_other_pictures(pictures_of(dataset), opening)
    if opening.config.dry_run:
        return try_out(_settle(opening, dataset), dataset, evaluation)
    return _keep(given, run, dataset, evaluation)


def _train_together(given: Mapping[str, Any]) -> int:
    """Train as one of several workers; only worker 0 opens the run."""
    if given.get("dry_run"):
        raise UserError("--dry_run: it is for one process, without --workers, TF_CONFIG or srun.")
    run, opening, problem = RunDirectory(run_dir_of(given)), None, None
    if cluster.is_chief(os.environ):
        try:
            opening = open_run(given, run, read_through=False)
        except UserError as error:
            problem = error  # the others are told, or they would wait
    config = opening.config if opening else make_config(given)
    with join(config, recorded_of(opening) if opening else None) as (team, arithmetic):
        if problem:
            raise problem
        finished = opening is not None and _is_over(given, opening)
        agreed = agree_on_settings(team, config, given, arithmetic, finished=finished)
        if agreed.finished:
            return team.leave(0)
        for remark in agreed.remarks:
            print(remark, flush=True)
        dataset, evaluation = _load(agreed.config, given, run if team.is_chief else None)
        if opening:
            refuse_other_pictures(pictures_of(dataset), opening)
        agree_on_pictures(team, pictures_of(dataset))
        if team.is_chief:
            return team.leave(_keep(given, run, dataset, evaluation, team))
        settled = settle_by_size(agreed.config, len(dataset.images))
        return team.leave(follow(settled, dataset, team))


def _load(
    config: Config, given: Mapping[str, Any], run: RunDirectory | None
) -> tuple[Dataset, PeriodicEvaluation | None]:
    """Return what is learned from, and what measures samples, where that is wanted.

    Args:
        run: whose folder decoded pictures may be kept in; None has none.
    """
    with speaking(not config.quiet):
        dataset = load_dataset(
            config.data_dir,
            config.image_size,
            config.batch_size,
            channels=config.channels,
            data_set=config.data_set,
            classes=config.classes,
            classes_asked="classes" in given,
            cache_dir=config.cache_dir,
            run_dir=run.path if run and files.is_local(run.path) else None,
        )
    dataset, held_back = split_held_back(dataset, config.hold_back, config.batch_size)
    return dataset, PeriodicEvaluation(dataset.images, held_back) if config.evaluate_every else None


def _keep(
    given: Mapping[str, Any],
    run: RunDirectory,
    dataset: Dataset,
    evaluation: PeriodicEvaluation | None,
    team: "Alone | None" = None,
) -> int:
    """Train, as the one that keeps the run."""
    with hold_lock(run.path):
        # The look that counts: another process may have been at work in the meantime.
        opening = open_run(given, run, read_through=True)
        if _is_finished(opening):
            return 0
        refuse_other_pictures(pictures_of(dataset), opening)
        return starting.train(_settle(opening, dataset), dataset, evaluation, team)


def _settle(opening: Opening, dataset: Dataset) -> Opening:
    return opening._replace(config=settle_by_size(opening.config, len(dataset.images)))


def _end_of(opening: Opening) -> Schedule | None:
    """Return the schedule of a run that has reached its last step, None of any other."""
    record, checkpoint = opening.record, opening.checkpoint
    if record is None or checkpoint is None:
        return None
    schedule = make_schedule(opening.config, record.pictures.count)
    return schedule if checkpoint.step >= schedule.last_step else None


def _is_over(given: Mapping[str, Any], opening: Opening) -> bool:
    """Tell whether nothing is left to do; only what seems to be at its end is read through."""
    return bool(_end_of(opening)) and _is_finished(open_run(given, opening.run, read_through=True))


def _is_finished(opening: Opening) -> bool:
    """Tell, and say, that there is nothing left to do; the last checkpoint was read through."""
    end, checkpoint = _end_of(opening), opening.checkpoint
    if end is None or checkpoint is None:
        return False
    if not files.exists(opening.run.done):  # killed between its last save and its mark
        mark_done(opening.run, checkpoint.step)
    if not opening.config.quiet:
        print(
            f"{printable(opening.run.path)}: finished at step {checkpoint.step:,}; "
            f"raise {end.limit} to go on"
        )
    return True


if __name__ == "__main__":
    raise SystemExit(main())
