"""Where pictures come from: a folder or zip of the user's, or cats drawn by the program.

Every source ends as one array of pixels, uint8 `[N, image_size, image_size, 3]`, in an order that
depends on names alone.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catdcgan.datasets import pictures
from catdcgan.datasets.drawn_set import load_drawn_cats
from catdcgan.datasets.pictures import Skipped
from catdcgan.errors import UserError, counted, printable

DEFAULT_DATA_DIR = Path("data")


class Dataset(NamedTuple):
    """A set of pictures.

    Attributes:
        images: uint8 `[N, image_size, image_size, 3]`.
        source: where they came from, in words.
        skipped: what was found there and left out, with the reason.
    """

    images: np.ndarray
    source: str
    skipped: list[Skipped]


def load_dataset(data_dir: str | None, image_size: int, batch_size: int) -> Dataset:
    """Load `data_dir`; without one what lies in data/; with nothing there draw cats.

    Raises:
        UserError: nothing usable in `data_dir`, or fewer pictures than a batch.
    """
    root = Path(data_dir) if data_dir else DEFAULT_DATA_DIR
    flag = "--data_dir: " if data_dir else ""
    if not data_dir and not root.is_dir():
        return _draw_cats(image_size)
    if not root.exists():
        raise UserError(f"{flag}{printable(str(root))}: not found; a folder or a zip is needed.")
    found = pictures.find_pictures(root)
    if not found.files and not data_dir:
        return _draw_cats(image_size)
    images, unreadable = pictures.load_pictures(found.files, image_size)
    skipped = found.skipped + unreadable
    if len(images) < batch_size:
        raise UserError(flag + _too_few(root, len(images), skipped, found.others, batch_size))
    return Dataset(images, f"{len(images):,} pictures of {printable(str(root))}", skipped)


def fingerprint(images: np.ndarray) -> str:
    """Return what a set is recognised by: a SHA-256 of its pixels and their shape."""
    digest = hashlib.sha256(repr(images.shape).encode())
    for image in images:
        digest.update(np.ascontiguousarray(image))
    return digest.hexdigest()


def _draw_cats(image_size: int) -> Dataset:
    images = load_drawn_cats(image_size)
    source = f"{len(images):,} cats drawn by the program (no pictures in {DEFAULT_DATA_DIR}/)"
    return Dataset(images, source, [])


def _too_few(root: Path, count: int, skipped: list[Skipped], others: int, batch_size: int) -> str:
    found = counted(count, "picture")
    if skipped:
        found += f", {len(skipped)} skipped (the first: {skipped[0]})"
    if others:
        found += f", {counted(others, 'file')} of other kinds"
    return (
        f"{printable(str(root))}: {found}; at least {batch_size} pictures are needed, "
        f"the size of a batch (--batch_size)."
    )
