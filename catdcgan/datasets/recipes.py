"""How a set is decoded and what its pixels depend on; where decoded sets may be kept."""

import functools
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from catdcgan.console.errors import UserError
from catdcgan.console.progress import track
from catdcgan.console.words import printable
from catdcgan.datasets.array_files import ArraySet, load_arrays
from catdcgan.datasets.cache import cache_folder
from catdcgan.datasets.decoded import (
    FOLDER,
    DecodedSet,
    Recipe,
    fingerprint,
    load_decoded,
)
from catdcgan.pictures.decoding import VERSION, fit
from catdcgan.pictures.formats import MOST_BRANDS, lacks_decoder
from catdcgan.pictures.members import Member, UnreadableError
from catdcgan.pictures.parallel import map_on_all_cores
from catdcgan.pictures.reading import Decoded, collect, decode_all

DIGITS = 20  # of a digest that end up in a file's name


def picture_recipe(root: Path, files: list[Member], image_size: int, channels: int) -> Recipe:
    """Return how the pictures found under `root` are decoded."""

    @functools.cache  # looked for once, where there are many
    def by_name() -> dict[str, list[Member]]:
        found: dict[str, list[Member]] = {}
        for file in files:
            found.setdefault(file.name, []).append(file)
        return found

    def still_fails(name: str) -> bool:
        named = by_name().get(name)  # an archive may have several files of one name
        return named is None or any(map(_fails, named))

    return Recipe(
        label=_label(root, image_size, channels),
        key=_key([VERSION, image_size, channels], files),
        shape=(image_size, image_size, channels),
        decode=lambda: (len(files), decode_all(files, image_size, channels)),
        still_fails=still_fails,
    )


def _fails(file: Member) -> bool:
    try:
        if lacks_decoder(file.read_head(MOST_BRANDS)):
            return True
        file.read()
    except UnreadableError:
        return True
    return False


def array_recipe(
    root: Path, found: ArraySet, classes: str | None, image_size: int, channels: int, shown: str
) -> Recipe:
    """Return how the pictures in files of MNIST or CIFAR-10 are brought to size."""

    def decode() -> tuple[int, Iterable[tuple[int, Decoded]]]:
        images = load_arrays(found, classes, shown)
        return len(images), _fit_all(images, image_size, channels)

    return Recipe(
        label=_label(root, image_size, channels),
        key=_key([VERSION, image_size, channels, classes], found.files),
        shape=(image_size, image_size, channels),
        decode=decode,
        still_fails=lambda name: True,
    )


def cache_folders(root: Path, run_dir: str | None) -> list[Path]:
    """Return where the decoded set of `root` may be kept, the best place first."""
    beside = Path(os.path.abspath(root)).parent / FOLDER
    return [beside, *([Path(run_dir, FOLDER)] if run_dir else []), cache_folder()]


def load_recipe(recipe: Recipe, folders: list[Path], chosen: str | None) -> DecodedSet:
    """Return the set from the first of `folders` that can be used, or from the chosen one.

    Where nothing can be written it is held in memory.

    Raises:
        UserError: the folder that was chosen cannot be used.
    """
    for folder in [Path(chosen)] if chosen else folders:
        try:
            return load_decoded(recipe, folder)
        except OSError as error:
            if chosen:
                reason = error.strerror or str(error)
                raise UserError(
                    f"--cache_dir: {printable(chosen)}: {reason}; a folder with room that can be "
                    "written to is needed."
                ) from error
    count, outcomes = recipe.decode()
    dim: dict[str, str] = {}
    images, skipped = collect(_note_dim(outcomes, dim), (count, *recipe.shape))
    return DecodedSet(images, skipped, fingerprint(images), dim)


def _note_dim(
    outcomes: Iterable[tuple[int, Decoded]], dim: dict[str, str]
) -> Iterator[tuple[int, Decoded]]:
    for index, outcome in outcomes:
        if outcome.dim:
            dim.update([outcome.dim])
        yield index, outcome


def _fit_all(images: np.ndarray, image_size: int, channels: int) -> Iterator[tuple[int, Decoded]]:
    """Bring pictures to size, uint8 `[N, H, W, C]` -> index and uint8 `[S, S, channels]`."""
    shape = (image_size, image_size, channels)

    def work(index: int) -> tuple[int, Decoded]:
        pixels = images[index]
        if pixels.shape != shape:
            image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
            pixels = fit(image, image_size, channels)
        return index, Decoded(pixels)

    return track(map_on_all_cores(work, range(len(images))), len(images), "resizing pictures")


def _label(root: Path, image_size: int, channels: int) -> str:
    """Return what the names of a set's files begin with: the same for the same place and size."""
    path = os.path.realpath(root)
    name = re.sub(r"[^A-Za-z0-9_]+", "_", os.path.basename(path))[:40]
    place = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    return f"{name}-{place}-{image_size}x{image_size}x{channels}"


def _key(settings: list, files: list[Member]) -> str:
    digest = hashlib.sha256(repr(settings).encode())
    for file in files:
        line = f"\n{file.name}\0{file.stamp}"
        digest.update(line.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:DIGITS]
