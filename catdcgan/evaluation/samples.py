"""The samples of an evaluation: of checkpoints, or pictures that somebody else made."""

import contextlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catdcgan.checkpoints.files import find_all, find_damaged
from catdcgan.console.errors import UserError
from catdcgan.console.progress import tell, track
from catdcgan.console.words import counted, printable
from catdcgan.metrics.sliced_wasserstein import PATCH
from catdcgan.pictures.decoding import size_and_mode
from catdcgan.pictures.formats import UndecodableError
from catdcgan.pictures.members import Member, UnreadableError
from catdcgan.pictures.reading import collect, decode_all
from catdcgan.pictures.search import find_pictures
from catdcgan.sampling.generating import (
    choose_weights,
    generate,
    load_tensorflow,
    read_settings,
)
from catdcgan.sampling.sources import Source
from catdcgan.settings.config import Config
from catdcgan.storage import files

GREY_MODES = ("1", "L", "I;16")  # of Pillow


class Given(NamedTuple):
    """Pictures that somebody else made.

    Attributes:
        images: uint8 `[N, S, S, C]`, as large as the first and of its kind.
    """

    name: str
    images: np.ndarray


def is_run(path: str) -> bool:
    """Tell whether a folder is a run, or at least holds checkpoints.

    Raises:
        UserError: it cannot be reached.
    """
    files.refuse_unknown_scheme(path, "RUN_DIR")
    return (
        files.exists(files.join(path, "run.json"))
        or bool(find_all(path))
        or bool(find_damaged(path))
        or not files.is_local(path)
    )


def look_into(source: Source, weights: str | None) -> tuple[Config, str]:
    """Return the settings of a checkpoint, and which weights are rendered: `average` or `last`.

    Args:
        weights: those that were asked for.

    Raises:
        UserError: the checkpoint is damaged, of other networks, or has no averages.
    """
    load_tensorflow(source)
    from catdcgan.checkpoints import variables

    shapes = variables.read_shapes(source.prefix)
    return read_settings(source, shapes), choose_weights(source, shapes, weights)


def render(source: Source, count: int, weights: str | None) -> np.ndarray:
    """Return the pictures of the seeds 0, 1, 2, ..., uint8 `[count, S, S, C]`."""
    name = files.split(source.prefix)[1]
    images = np.empty((0,), np.uint8)
    # Closed in any case: it holds the session.
    with contextlib.closing(generate(source, range(count), weights=weights)) as pictures:
        for index, picture in enumerate(track(pictures, count, f"rendering {name}")):
            if index == 0:
                images = np.empty((count, *picture.shape), np.uint8)
            images[index] = picture
    return images


def read_pictures(path: str) -> Given:
    """Read a folder, zip or tar of pictures; those of another shape are cut and resized.

    Raises:
        UserError: there are none, or they are too small.
    """
    root, shown = Path(path), printable(path)
    if not root.exists():
        raise UserError(f"RUN_DIR: {shown}: not found; a run or pictures are needed.")
    members = find_pictures(root).files
    first = next((found for member in members if (found := _look_at(member))), None)
    if first is None:
        raise UserError(
            f"RUN_DIR: {shown}: no checkpoint and no picture; a run or pictures are needed."
        )
    (width, height), mode = first
    size, channels = min(width, height), 1 if mode in GREY_MODES else 3
    if size < PATCH:
        raise UserError(
            f"RUN_DIR: {shown}: pictures of {width} x {height} pixels; at least {PATCH} are needed."
        )
    outcomes = decode_all(members, size, channels)
    images, skipped = collect(outcomes, (len(members), size, size, channels))
    if skipped:
        tell(f"{counted(len(skipped), 'file')} passed over; the first: {skipped[0]}")
    return Given(root.name or shown, images)


def _look_at(member: Member) -> tuple[tuple[int, int], str] | None:
    """Return size and mode of a picture, None where it cannot be read."""
    try:
        return size_and_mode(member.read())
    except (OSError, UnreadableError, UndecodableError):
        return None
