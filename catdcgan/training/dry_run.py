"""Try a run out: real steps, a snapshot, a save and a restore, aside; then say what it needs."""

import tempfile
import time

from catdcgan.checkpoints.files import Checkpoint
from catdcgan.console.errors import UserError
from catdcgan.console.words import in_words
from catdcgan.datasets.loading import Dataset
from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.machine.processor import peak_memory_of_process
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.opening import Opening
from catdcgan.run_folder.record import begin_record
from catdcgan.settings.schedule import Schedule, make_schedule
from catdcgan.storage import files
from catdcgan.training.starting import build, pictures_of, recorded_of

BYTES_A_STEP = 600 + 1000  # about: a line of metrics.jsonl, TensorBoard's events
PAGES = 20 * 2**20  # bytes, about, of report, plot and film


def try_out(opening: Opening, dataset: Dataset, evaluation: PeriodicEvaluation | None) -> int:
    """Do what a run does, once, in a temporary folder; print images/s, time, memory and disk.

    Args:
        evaluation: measures samples, where that is wanted.

    Raises:
        UserError: something of it fails, or the disk cannot hold the run.
    """
    graph, arithmetic, session_config = build(opening.config, recorded_of(opening))
    from catdcgan.checkpoints import variables
    from catdcgan.training.job import Job
    from catdcgan.training.loop import Training
    from catdcgan.training.saves import write_checkpoint
    from catdcgan.workers.team import Alone

    config = opening.config
    schedule = make_schedule(config, len(dataset.images))
    # On the disk that the run will be on: a system's temporary folder may be small, or memory.
    parent = files.nearest_folder(opening.run.path)
    with tempfile.TemporaryDirectory(prefix=".catdcgan-dry-run-", dir=parent) as folder:
        aside = RunDirectory(folder)
        record = begin_record(config, pictures_of(dataset), arithmetic)
        job = Job(
            *(config, graph, dataset.images, schedule, aside, record, RunLog()),
            session_config=session_config,
            team=Alone(),
            evaluation=evaluation,
        )
        training = Training(job)
        steps = training.steps
        with steps.open_session() as session:
            training.start(session, None)
            # The first is slower than the others: kernels are chosen.
            steps.run(session, 0, steps.feeds.send_ahead(session, 0))
            began = time.monotonic()
            steps.run(session, 1, steps.feeds.send_ahead(session, 1))
            seconds = time.monotonic() - began
            _, snapshot = training.render_snapshot(session)
            figures = training.evaluate(session)
            checkpoint = write_checkpoint(job, training.read_values(session), 2, figures)
            variables.restore(session, checkpoint.prefix, variables.by_name(graph.variables))
    _tell(opening, schedule, seconds, _disk_needed(opening, schedule, checkpoint, len(snapshot)))
    return 0


def _disk_needed(
    opening: Opening, schedule: Schedule, checkpoint: Checkpoint, snapshot_bytes: int
) -> int:
    """Return the bytes of everything the run will hold at once."""
    # One more than are kept: the old ones go when the new one is whole.
    kept = opening.config.keep_checkpoints + 1
    snapshots = schedule.last_step // schedule.snapshot_every + 1
    return (
        kept * checkpoint.manifest.size
        + snapshots * snapshot_bytes
        + schedule.last_step * BYTES_A_STEP
        + PAGES
    )


def _tell(opening: Opening, schedule: Schedule, seconds: float, disk: int) -> None:
    step = opening.checkpoint.step if opening.checkpoint else 0
    left = in_words(seconds * (schedule.last_step - step))
    memory = peak_memory_of_process()
    print(f"speed      {opening.config.batch_size / seconds:.3g} images/s, {seconds:.2g} s a step")
    print(f"time       {left} for {schedule.last_step - step:,} steps")
    print(f"memory     {memory / 2**30:.1f} GiB at most, of this process")
    free = files.free_space(opening.run.path)
    there = "" if free is None else f", {free / 2**30:.1f} GiB are free"
    print(f"disk       {disk / 2**30:.2f} GiB in {opening.run.path}{there}")
    if free is not None and free < disk:
        raise UserError(
            f"--run_dir: {opening.run.path}: {free / 2**30:.2f} GiB are free; "
            f"{disk / 2**30:.2f} GiB are needed (--keep_checkpoints, --snapshot_every)."
        )
    print("it all works: the same command without --dry_run trains")
