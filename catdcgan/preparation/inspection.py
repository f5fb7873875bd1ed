"""What a set of pictures is like, without writing anything."""

import collections
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catdcgan.console.errors import UserError
from catdcgan.console.progress import track
from catdcgan.console.words import counted, printable
from catdcgan.datasets.array_files import load_arrays, recognise
from catdcgan.pictures.decoding import fit, open_photo
from catdcgan.pictures.formats import UndecodableError
from catdcgan.pictures.members import Skipped, UnreadableError
from catdcgan.pictures.parallel import map_on_all_cores
from catdcgan.pictures.reading import content_of, read_ahead
from catdcgan.pictures.search import Found, find_pictures
from catdcgan.preparation.advice import advise
from catdcgan.preparation.duplicates import Signatures, find_duplicates, signature_of

COMPARED = 64  # pixels along a side at which pictures are compared


class Look(NamedTuple):
    """What is known of a picture after looking at it."""

    size: tuple[int, int]
    mode: str
    format: str
    signature: bytes


def inspect(root: Path, batch_size: int) -> Iterator[str]:
    """Yield the lines that describe what training would find in `root`.

    Raises:
        UserError: there is nothing to be found.
    """
    shown = f"--check: {printable(str(root))}"
    if not root.exists():
        raise UserError(f"{shown}: not found; a folder, a zip or a tar is needed.")
    found = find_pictures(root)
    if found.files:
        yield from _inspect_pictures(root, found, batch_size)
    elif arrays := recognise(found.arrays, shown):
        images = load_arrays(arrays, None, shown)
        yield f"{printable(str(root))}: {len(images):,} pictures of {arrays.name}, for training"
        yield f"size        {images.shape[2]} x {images.shape[1]} x {images.shape[3]}"
        yield f"classes     {', '.join(arrays.classes)}"
        yield f"batch       {_batch(len(images), batch_size)}"
        yield f"advice      {advise(len(images), batch_size)}"
    else:
        raise UserError(
            f"{shown}: no pictures, {len(found.skipped)} files that cannot be read, "
            f"{len(found.others)} of other kinds; pictures are needed."
        )


def _inspect_pictures(root: Path, found: Found, batch_size: int) -> Iterator[str]:
    looks, failed = _look_at_all(found)
    count = len(looks)
    yield f"{printable(str(root))}: {count:,} picture{'' if count == 1 else 's'}"
    shorter = None
    if count:
        sides = np.sort([min(look.size) for look in looks.values()])
        shorter = float(np.median(sides))
        square = sum(look.size[0] == look.size[1] for look in looks.values())
        yield f"formats     {_counted(look.format for look in looks.values())}"
        yield f"modes       {_counted(look.mode for look in looks.values())}"
        yield (
            f"sizes       shorter sides from {sides[0]:,} to {sides[-1]:,} pixels, "
            f"{shorter:,.0f} in the middle; {square:,} square"
        )
    with contextlib.closing(Signatures(count)) as signatures:
        for row, look in enumerate(looks.values()):
            signatures.put(row, look.signature)
        copies = find_duplicates(signatures)
        tones = [signatures.tone(row) for row in range(count)]
    names = [found.files[index].name for index in looks]
    exact = sum(copy.exact for copy in copies.values())
    yield f"duplicates  {exact:,} exact, {len(copies) - exact:,} near"
    for index, copy in sorted(copies.items()):
        how = "the same picture as" if copy.exact else "nearly the same picture as"
        yield f"  {printable(names[index])}: {how} {printable(names[copy.of])}"
    dim = [(name, tone) for name, tone in zip(names, tones, strict=True) if tone]
    if dim:
        yield f"tones       {_counted(tone for _, tone in dim)}"
        yield from (f"  {printable(name)}: {tone}" for name, tone in dim)
    skipped = sorted([*found.skipped, *failed])
    yield f"skipped     {len(skipped):,}"
    yield from (f"  {entry}" for entry in skipped)
    yield f"others      {counted(len(found.others), 'file')} of other kinds"
    if found.landmarks:
        yield (
            f"landmarks   {len(found.landmarks):,} annotations of faces: "
            "python -m catdcgan.prepare cuts the faces out upright"
        )
    yield f"batch       {_batch(count, batch_size)}"
    yield f"advice      {advise(count, batch_size, shorter)}"


def _look_at_all(found: Found) -> tuple[dict[int, Look], list[Skipped]]:
    """Return the pictures by index, in the order of names, and what failed."""

    def work(item: tuple) -> tuple[int, Look | Skipped]:
        index, member, ready = item
        try:
            photo = open_photo(content_of(member, ready), enough=2 * COMPARED)
        except (UndecodableError, UnreadableError) as error:
            return index, Skipped(member.name, str(error))
        signature = signature_of(fit(photo.image, COMPARED))
        return index, Look(photo.size, photo.mode, photo.format, signature)

    results = track(
        map_on_all_cores(work, read_ahead(found.files)), len(found.files), "looking at pictures"
    )
    looks: dict[int, Look] = {}
    failed: list[Skipped] = []
    for index, look in results:
        if isinstance(look, Look):
            looks[index] = look
        else:
            failed.append(look)
    return dict(sorted(looks.items())), failed


def _counted(values: Iterator[str]) -> str:
    return ", ".join(
        f"{value} {count:,}" for value, count in collections.Counter(values).most_common()
    )


def _batch(count: int, batch_size: int) -> str:
    enough = "enough" if count >= batch_size else "not enough"
    return f"{enough} for a batch of {batch_size} (--batch_size)"
