"""Prepared pictures are made on all cores, wait in a folder, and are noted in the journal."""

import contextlib
import os
import zlib
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

from catdcgan.console.progress import track
from catdcgan.pictures.members import UnreadableError
from catdcgan.pictures.parallel import map_on_all_cores
from catdcgan.pictures.reading import content_of, read_ahead
from catdcgan.preparation.journal import Journal, Record
from catdcgan.preparation.outcomes import UNREADABLE
from catdcgan.preparation.picture import Prepared, prepare_picture, read_landmarks
from catdcgan.preparation.sources import Task


def make_pictures(
    tasks: list[Task],
    names: list[str],
    todo: Sequence[int],
    journal: Journal,
    image_size: int,
    min_size: int,
) -> None:
    """Prepare the tasks with the indices `todo`, and note each in the journal.

    Args:
        names: of the prepared pictures, for each task.
        image_size: width and height of the prepared pictures, in pixels.
        min_size: the least side of what is cut out, in pixels of the photo.
    """

    def work(item: tuple) -> tuple[int, Prepared]:
        place, member, ready = item
        index = todo[place]
        try:
            data = content_of(member, ready)
            prepared = prepare_picture(data, annotations.get(index), image_size, min_size)
        except UnreadableError as error:
            prepared = Prepared(UNREADABLE, str(error), may_change=True)
        if prepared.jpeg:
            _write_picture(journal.waiting(names[index]), prepared.jpeg)
        return index, prepared

    annotations, unreadable = _read_all_landmarks(tasks, todo)
    todo = as_indices(index for index in todo if index not in unreadable)
    items = read_ahead([tasks[index].file for index in todo])
    results = track(map_on_all_cores(work, items), len(todo), "preparing pictures")
    for index, prepared in unreadable.items():
        journal.hold(tasks[index].name, Record(tasks[index].stamp, *prepared[:2]))
    for index, prepared in results:
        record = Record(
            tasks[index].stamp,
            prepared.outcome,
            prepared.reason,
            zlib.crc32(prepared.jpeg),
            names[index] if prepared.jpeg else "",
        )
        if prepared.may_change:
            journal.hold(tasks[index].name, record)
        else:
            journal.add(tasks[index].name, record, prepared.signature)


def as_indices(found: Iterable[int]) -> Sequence[int]:
    """Return numbers in a fifth of the memory of a list."""
    return array("L", found)


def _read_all_landmarks(
    tasks: list[Task], todo: Sequence[int]
) -> tuple[dict[int, bytes], dict[int, Prepared]]:
    """Read the annotations, which are small, before the pictures: in the order of their places."""
    annotated = [(file, index) for index in todo if (file := tasks[index].landmarks)]
    contents: dict[int, bytes] = {}
    unreadable: dict[int, Prepared] = {}
    for file, index in sorted(annotated, key=lambda pair: pair[0].place):
        try:
            contents[index] = read_landmarks(file)
        except UnreadableError as error:
            unreadable[index] = Prepared(UNREADABLE, str(error), may_change=True)
    return contents, unreadable


def _write_picture(path: Path, jpeg: bytes) -> None:
    # Not flushed to the disk one by one: what a loss of power leaves is told by its checksum.
    growing = path.with_suffix(".part")
    try:
        growing.write_bytes(jpeg)
        os.replace(growing, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            growing.unlink()  # on a disk that is full even the half of one is in the way
        raise OSError(error.errno, error.strerror, str(path)) from error
