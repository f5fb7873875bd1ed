"""Where pictures come from: what the user has, or cats drawn by the program.

A user has a folder, zip or tar of pictures, or the files of MNIST or CIFAR-10. Every source ends
as one array of pixels, uint8 `[N, image_size, image_size, channels]`, in an order that depends on
names alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from catdcgan.console.errors import UserError
from catdcgan.console.words import counted, printable
from catdcgan.datasets.array_files import TRAINING_FILES, recognise
from catdcgan.datasets.decoded import fingerprint
from catdcgan.datasets.drawn_set import load_drawn_cats
from catdcgan.datasets.recipes import array_recipe, cache_folders, load_recipe, picture_recipe
from catdcgan.pictures.decoding import fit
from catdcgan.pictures.members import Skipped
from catdcgan.pictures.search import find_pictures
from catdcgan.pictures.tones import tones_in_words

DEFAULT_DATA_DIR = Path("data")
DRAWN = "cats drawn by the program"  # what their source is called


class Dataset(NamedTuple):
    """A set of pictures.

    Attributes:
        images: uint8 `[N, image_size, image_size, channels]`, in memory or mapped from a file.
        source: where they came from, in words.
        skipped: what was found there and left out, with the reason.
        fingerprint: what the set is recognised by.
        remarks: what else is worth knowing, a line each.
    """

    images: np.ndarray
    source: str
    skipped: list[Skipped]
    fingerprint: str
    remarks: Sequence[str] = ()


def load_dataset(
    data_dir: str | None,
    image_size: int,
    batch_size: int,
    *,
    channels: int = 3,
    data_set: str | None = None,
    classes: str | None = None,
    classes_asked: bool = True,
    cache_dir: str | None = None,
    run_dir: str | None = None,
) -> Dataset:
    """Load `data_dir`; without one what lies in data/; with nothing there draw cats.

    Args:
        channels: 3 for colour, 1 for grey.
        data_set: MNIST or CIFAR-10: that one comes before any pictures, and in data/ nothing else
            will do.
        classes: those of MNIST or CIFAR-10 that are wanted, separated by commas.
        classes_asked: pictures, which have no classes, will not do where there are `classes`.
        cache_dir: where the decoded set is kept; else beside the data, else under `run_dir`,
            else in the system's cache folder.

    Raises:
        UserError: nothing usable in `data_dir`, or fewer pictures than a batch.
    """
    root = Path(data_dir) if data_dir else DEFAULT_DATA_DIR
    shown = f"{'--data_dir: ' if data_dir else ''}{printable(str(root))}"
    if not root.exists():
        if data_dir:
            raise UserError(f"{shown}: not found; a folder, a zip or a tar is needed.")
        if data_set:
            raise UserError(_lacks(data_set, shown))
        return _draw_cats(image_size, channels, cache_dir)
    found = find_pictures(root)
    use_arrays = bool(classes or data_set) or (not found.files and data_dir is not None)
    arrays = recognise(found.arrays, shown, data_set) if use_arrays else None
    if arrays is None and data_set and not (found.files and data_dir):
        raise UserError(_lacks(data_set, shown))
    if arrays is None and classes and classes_asked:
        raise UserError(
            f"--classes: {printable(classes)}, but {printable(str(root))} holds neither MNIST nor "
            "CIFAR-10; one of them is needed."
        )
    if not found.files and not arrays and not data_dir:
        return _draw_cats(image_size, channels, cache_dir)._replace(skipped=found.skipped)
    if arrays:
        recipe = array_recipe(root, arrays, classes, image_size, channels, shown)
        kind = f"pictures of {arrays.name}" + (f" ({classes})" if classes else "") + " in"
    else:
        recipe = picture_recipe(root, found.files, image_size, channels)
        kind = "pictures of"
    loaded = load_recipe(recipe, cache_folders(root, run_dir), cache_dir)
    count, skipped = len(loaded.images), found.skipped + loaded.skipped
    if count < batch_size:
        raise UserError(f"{shown}: {_too_few(count, skipped, len(found.others), batch_size)}")
    source = f"{count:,} {kind} {printable(str(root))}"
    remarks = list(tones_in_words(loaded.dim))
    return Dataset(loaded.images, source, skipped, loaded.fingerprint, remarks)


def split_held_back(dataset: Dataset, count: int, batch_size: int) -> tuple[Dataset, np.ndarray]:
    """Return the set without its last pictures, in the order of their names, and those pictures.

    Args:
        count: how many are held back.
        batch_size: how many have to be left.

    Raises:
        UserError: fewer are left.
    """
    left = len(dataset.images) - count
    if left < batch_size:
        raise UserError(
            f"--hold_back: {count:,} of {counted(len(dataset.images), 'picture')}; at least "
            f"{batch_size} have to be left to learn from{_why(batch_size)}."
        )
    if not count:
        return dataset, dataset.images[left:]
    source = f"{dataset.source}, without the last {count:,} of them"
    training = dataset._replace(images=dataset.images[:left], source=source)
    return training, dataset.images[left:]


def _draw_cats(image_size: int, channels: int, cache_dir: str | None) -> Dataset:
    images = load_drawn_cats(image_size, Path(cache_dir) if cache_dir else None)
    if channels == 1:
        images = np.stack([fit(Image.fromarray(image), image_size, 1) for image in images])
    source = f"{len(images):,} {DRAWN} (no pictures in {DEFAULT_DATA_DIR}/)"
    return Dataset(images, source, [], fingerprint(images))


def _lacks(data_set: str, shown: str) -> str:
    return (
        f"{shown}: no {data_set}; {TRAINING_FILES[data_set]} is needed there, or --data_dir with "
        "it or with pictures."
    )


def _too_few(count: int, skipped: list[Skipped], others: int, batch_size: int) -> str:
    found = counted(count, "picture")
    if skipped:
        found += f", {len(skipped)} skipped (the first: {skipped[0]})"
    if others:
        found += f", {counted(others, 'file')} of other kinds"
    verb = "are" if batch_size > 1 else "is"
    return f"{found}; at least {counted(batch_size, 'picture')} {verb} needed{_why(batch_size)}."


def _why(batch_size: int) -> str:
    return ", the size of a batch (--batch_size)" if batch_size > 1 else ""
