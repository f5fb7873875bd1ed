"""The whole preparation: list, prepare on all cores, find copies, publish, report.

Prepared pictures wait beside the journal until it is known which of them are copies. Only then do
they move to the folder that was asked for, which therefore never holds half of a set for long.
"""

import collections
import contextlib
import json
import os
import shutil
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from catdcgan.console.errors import UserError
from catdcgan.console.progress import track
from catdcgan.console.words import printable
from catdcgan.datasets.decoded import FOLDER
from catdcgan.pictures.members import UnreadableError
from catdcgan.pictures.parallel import map_on_all_cores
from catdcgan.pictures.reading import content_of, read_ahead
from catdcgan.preparation.duplicates import find_duplicates
from catdcgan.preparation.journal import Journal, Record, refuse_foreign_files
from catdcgan.preparation.names import output_names
from catdcgan.preparation.outcomes import DUPLICATE, KEPT, UNREADABLE
from catdcgan.preparation.picture import PICTURE, Prepared, prepare_picture, read_landmarks
from catdcgan.preparation.report import Fate, merge_fates, write_contact_sheet, write_report
from catdcgan.preparation.sources import Listing, Task
from catdcgan.storage import locking


class Wanted(NamedTuple):
    """What the prepared pictures depend on besides their sources.

    Attributes:
        image_size: width and height of the prepared pictures, in pixels.
        min_size: the least side of what is cut out, in pixels of the photo.
        outliers: what the report calls the list of outliers.
        near_duplicates: whether near duplicates are left out, as exact ones are.
    """

    image_size: int
    min_size: int
    outliers: str | None
    near_duplicates: bool


def report_folder(out: Path) -> Path:
    """Return where the report on the pictures in `out` is."""
    return out.with_name(f"{out.name}.report")


def prepare_all(listing: Listing, out: Path, wanted: Wanted) -> collections.Counter[str]:
    """Prepare all pictures into `out` and report; return how many files had each outcome.

    What an earlier, interrupted preparation has done is not done again.

    Raises:
        UserError: `out` holds other files, or another preparation is at work there.
    """
    folder = out.parent / FOLDER / f"prepare-{out.name}"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder, out):
        journal = Journal(folder, f"{wanted.image_size} {wanted.min_size}")
        with contextlib.closing(journal):
            refuse_foreign_files(out, journal.outputs | _outputs_in_report(out))
            journal.outputs.clear()  # which may be long, and is not asked for again
            names = output_names([task.name for task in listing.tasks])
            todo = _indices(
                index
                for index, task in enumerate(listing.tasks)
                if not _is_done(journal.records.get(task.name), task, names[index])
            )
            _prepare(listing.tasks, names, todo, journal, wanted)
            copies = _settle(listing.tasks, names, journal, out, wanted)
        kept = [
            name
            for task, name in zip(listing.tasks, names, strict=True)
            if task.name not in copies and journal.records[task.name].outcome == PICTURE
        ]
        _publish(kept, journal, out)
        return _report(listing, names, journal, copies, kept, out, wanted)


def _is_done(record: Record | None, task: Task, output: str) -> bool:
    return record is not None and record.stamp == task.stamp and record.output in ("", output)


def _prepare(
    tasks: list[Task], names: list[str], todo: Sequence[int], journal: Journal, wanted: Wanted
) -> None:
    """Prepare the tasks with the indices `todo`, and note each in the journal."""

    def work(item: tuple) -> tuple[int, Prepared]:
        place, member, ready = item
        index = todo[place]
        try:
            data = content_of(member, ready)
            prepared = prepare_picture(
                data, annotations.get(index), wanted.image_size, wanted.min_size
            )
        except UnreadableError as error:
            prepared = Prepared(UNREADABLE, str(error), may_change=True)
        if prepared.jpeg:
            _write_picture(journal.waiting(names[index]), prepared.jpeg)
        return index, prepared

    annotations, unreadable = _read_all_landmarks(tasks, todo)
    todo = _indices(index for index in todo if index not in unreadable)
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


def _settle(
    tasks: list[Task], names: list[str], journal: Journal, out: Path, wanted: Wanted
) -> dict[str, tuple[str, bool]]:
    """Return the copies: name -> (name of what it is a copy of, whether exact).

    A picture that is kept now but was a copy earlier, and was removed, is prepared again.
    """
    while True:
        indices = _indices(i for i, task in enumerate(tasks) if _outcome(journal, task) == PICTURE)
        names_of_pictures = [tasks[index].name for index in indices]
        with contextlib.closing(journal.read_signatures(names_of_pictures)) as signatures:
            found = find_duplicates(signatures, near=wanted.near_duplicates)
        copies = {
            tasks[indices[place]].name: (tasks[indices[copy.of]].name, copy.exact)
            for place, copy in found.items()
        }
        lost = [
            index
            for index in indices
            if tasks[index].name not in copies
            and not _is_anywhere(journal, journal.records[tasks[index].name], out)
        ]
        if not lost:
            return copies
        _prepare(tasks, names, lost, journal, wanted)


def _indices(found: Iterable[int]) -> Sequence[int]:
    return array("L", found)  # a fifth of the memory of a list


def _outcome(journal: Journal, task: Task) -> str:
    return journal.records[task.name].outcome


def _is_anywhere(journal: Journal, record: Record, out: Path) -> bool:
    waiting = journal.waiting(record.output)
    if journal.is_there(waiting, record):
        return True
    waiting.unlink(missing_ok=True)  # torn: it must not replace the whole one
    return journal.is_there(out / waiting.name, record)


def _publish(kept: list[str], journal: Journal, out: Path) -> None:
    """Move the pictures that are kept to `out`, and remove all others of ours."""
    out.mkdir(parents=True, exist_ok=True)
    staying = set(kept)
    for path in out.iterdir():
        if path.stem not in staying:
            path.unlink()
    for name in kept:
        with contextlib.suppress(FileNotFoundError):  # it has moved already
            os.replace(journal.waiting(name), out / f"{name}.jpg")
    shutil.rmtree(journal.pictures)


def _report(
    listing: Listing,
    names: list[str],
    journal: Journal,
    copies: dict[str, tuple[str, bool]],
    kept: list[str],
    out: Path,
    wanted: Wanted,
) -> collections.Counter[str]:
    def fates() -> Iterator[Fate]:
        return merge_fates(looked_at(), iter(left_out))

    def looked_at() -> Iterator[Fate]:
        for task, name in zip(listing.tasks, names, strict=True):
            record = journal.records[task.name]
            if task.name in copies:
                of, exact = copies[task.name]
                how = "the same picture as" if exact else "nearly the same picture as"
                yield Fate(task.name, DUPLICATE, f"{how} {of}")
            elif record.outcome == PICTURE:
                yield Fate(task.name, KEPT, f"{name}.jpg")
            else:
                yield Fate(task.name, record.outcome, record.reason)

    left_out = sorted(Fate(name, *fate) for name, fate in listing.left_out.items())
    counts = write_report(report_folder(out), wanted._asdict(), fates)
    write_contact_sheet(report_folder(out), out, kept, wanted.image_size)
    return counts


def _outputs_in_report(out: Path) -> set[str]:
    """Return the names of the pictures that the last report on `out` tells of."""
    try:
        lines = (report_folder(out) / "report.json").open(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    outputs = set()
    with lines:
        for line in lines:  # a line a file: the whole may be too long to be held in memory
            with contextlib.suppress(ValueError, KeyError, TypeError):
                outputs.add(json.loads(line.strip().rstrip(","))["picture"].removesuffix(".jpg"))
    return outputs


def _write_picture(path: Path, jpeg: bytes) -> None:
    # Not flushed to the disk one by one: what a loss of power leaves is told by its checksum.
    growing = path.with_suffix(".part")
    growing.write_bytes(jpeg)
    os.replace(growing, path)


@contextlib.contextmanager
def _alone(folder: Path, out: Path) -> Iterator[None]:
    """Refuse a second preparation of the same folder at the same time, where the system can."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locking.hold(folder / "lock", needed=False))
        except locking.HeldError as error:
            raise UserError(
                f"--out: {printable(str(out))}: another preparation is at work there; "
                "its end, or another folder, is needed."
            ) from error
        yield
