"""Loads the real pictures of an evaluation, in the size of its samples."""

from pathlib import Path

from catdcgan.checkpoints.files import read_checkpoint
from catdcgan.console.errors import UserError
from catdcgan.console.progress import tell
from catdcgan.console.words import printable
from catdcgan.datasets.loading import DEFAULT_DATA_DIR, Dataset, load_dataset, split_held_back
from catdcgan.datasets.recipes import cache_folders
from catdcgan.evaluation.reals import Known, Reals, choose_reals, enough
from catdcgan.evaluation.samples import Given
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.record import read_record
from catdcgan.settings.config import Config
from catdcgan.storage import files


def load_for_run(
    prefix: str, config: Config, data_dir: str | None, cache_dir: str | None, num: int | None
) -> tuple[Reals, list[Path]]:
    """Return the reals for checkpoints of a run, and where their statistics are kept.

    Args:
        prefix: of a checkpoint of the run.
        config: of the run, with the sizes of the checkpoint.
        data_dir: real pictures that were not learned from. Where they are the run's own, or there
            are none: those that the run held back, or else its own are parted.
        num: how many samples there are to be, where that was asked for.

    Raises:
        UserError: pictures are missing, or too few.
    """
    run = RunDirectory(files.split(prefix)[0])
    record = read_record(run, read_checkpoint(prefix))
    run_dir = run.path if files.is_local(run.path) else None
    was = record.pictures.fingerprint if record else None
    cache_dir = cache_dir or config.cache_dir
    folders = _folders(data_dir or config.data_dir, cache_dir, run_dir)
    given = _load(data_dir, config, cache_dir, run_dir) if data_dir else None
    if given and given.fingerprint == was:  # its own pictures, from wherever they are now
        learned, given = given, None
    else:
        try:
            learned = _load(config.data_dir, config, cache_dir, run_dir)
        except UserError as error:
            if not given:
                raise
            tell(f"without the pictures that the run learned from ({error})")
            return choose_reals(_known(given), None, num), folders
        if was and learned.fingerprint != was:
            tell(f"{learned.source}: not the pictures that the run learned from, or changed since")
    if given and given.fingerprint != learned.fingerprint:
        return choose_reals(_known(learned), _known(given), num), folders
    training, held_back = split_held_back(learned, config.hold_back, 1)
    words = f"{len(held_back):,} pictures that the run held back"
    apart = Known(held_back, words, f"{learned.fingerprint} last {len(held_back)}")
    return choose_reals(_known(training), enough(apart), num), folders


def load_for_pictures(
    given: Given, data_dir: str | None, cache_dir: str | None, num: int | None
) -> tuple[Reals, list[Path]]:
    """Return the reals for pictures that somebody else made, and where their statistics are kept.

    Raises:
        UserError: real pictures are missing, or too few.
    """
    if not data_dir:
        raise UserError("--data_dir: nothing; real pictures to compare with are needed.")
    _, size, _, channels = given.images.shape
    dataset = load_dataset(data_dir, size, 1, channels=channels, cache_dir=cache_dir)
    reals = choose_reals(_known(dataset), None, num, len(given.images))
    return reals, _folders(data_dir, cache_dir, None)


def _load(
    data_dir: str | None, config: Config, cache_dir: str | None, run_dir: str | None
) -> Dataset:
    return load_dataset(
        data_dir,
        config.image_size,
        1,
        channels=config.channels,
        data_set=config.data_set,
        classes=config.classes,
        classes_asked=False,  # by the preset, or by a training that has found them
        cache_dir=cache_dir,
        run_dir=run_dir,
    )


def _known(dataset: Dataset) -> Known:
    return Known(dataset.images, printable(dataset.source), dataset.fingerprint)


def _folders(data_dir: str | None, cache_dir: str | None, run_dir: str | None) -> list[Path]:
    if cache_dir:
        return [Path(cache_dir)]
    return cache_folders(Path(data_dir) if data_dir else DEFAULT_DATA_DIR, run_dir)
