"""The whole preparation: list, prepare on all cores, find copies, publish, report.

Prepared pictures wait beside the journal until it is known which of them are copies. Only then do
they move to the folder that was asked for, which therefore never holds half of a set for long.
"""

import collections
import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from catdcgan.console.errors import UserError
from catdcgan.console.words import counted, printable
from catdcgan.datasets.decoded import FOLDER
from catdcgan.pictures.tones import tones_in_words
from catdcgan.preparation.duplicates import find_duplicates
from catdcgan.preparation.fates import Choice, Settled, choose, fates_of
from catdcgan.preparation.folder import SET_ASIDE, Standing, look_into, publish
from catdcgan.preparation.journal import Journal, Record
from catdcgan.preparation.making import as_indices, make_pictures
from catdcgan.preparation.names import output_names
from catdcgan.preparation.origin import refuse_other_pictures, refuse_other_sources
from catdcgan.preparation.picture import PICTURE
from catdcgan.preparation.published import (
    Entry,
    Published,
    read_published,
    write_published,
)
from catdcgan.preparation.report import write_contact_sheet, write_report
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


class Outcome(NamedTuple):
    """What came of a preparation.

    Attributes:
        counts: how many files had each outcome.
        remarks: what else is worth knowing, a line each.
    """

    counts: collections.Counter[str]
    remarks: list[str]


def report_folder(out: Path) -> Path:
    """Return where the report on the pictures in `out` is."""
    return out.with_name(f"{out.name}.report")


def work_folder(out: Path) -> Path:
    """Return where the journal of the preparation of `out` is, and the pictures in waiting."""
    return out.parent / FOLDER / f"prepare-{out.name}"


def prepare_all(
    listing: Listing, out: Path, wanted: Wanted, *, bring_back: bool = False
) -> Outcome:
    """Prepare all pictures into `out` and report.

    What an earlier, interrupted preparation has done is not done again.

    Args:
        bring_back: make the pictures that the user deleted from `out` again.

    Raises:
        UserError: `out` holds other files, pictures of other sources, or another preparation is
            at work there.
        OSError: something cannot be written; the same call goes on once it can.
    """
    work, report = work_folder(out), report_folder(out)
    work.mkdir(parents=True, exist_ok=True)
    with _alone(work, out):
        journal = Journal(work, f"{wanted.image_size} {wanted.min_size}")
        with contextlib.closing(journal):
            published = read_published(work, report)
            listed = {(entry.output, entry.checksum) for entry in published.entries.values()}
            standing = look_into(out, journal.made | listed)
            doubtful = refuse_other_sources(out, published, standing, listing, journal.stamped)
            journal.forget_earlier()
            _find_removed(published, standing, journal, work, bring_back)
            names = output_names([task.name for task in listing.tasks])
            todo = as_indices(
                index
                for index, task in enumerate(listing.tasks)
                if not _is_done(journal.records.get(task.name), task, names[index])
            )
            make_pictures(listing.tasks, names, todo, journal, *wanted[:2])
            settled = _settle(listing.tasks, names, journal, standing, published, wanted)
        refuse_other_pictures(out, doubtful, published, standing, journal.records)
        choice = choose(listing.tasks, names, journal.records, settled, published)
        coming = _publication(listing, choice, journal.records, published)
        write_published(work, coming)
        publish(out, standing, choice.kept.values(), journal.waiting, report / SET_ASIDE)
        coming.finished = True
        write_published(work, coming)
        shutil.rmtree(journal.pictures)
        counts = write_report(
            report,
            wanted._asdict(),
            lambda: fates_of(listing, journal.records, settled, choice, standing, published),
        )
        write_contact_sheet(report, out, list(choice.kept.values()), wanted.image_size)
        return Outcome(counts, list(_remarks(choice, settled, standing, report)))


def _find_removed(
    published: Published, standing: Standing, journal: Journal, work: Path, bring_back: bool
) -> None:
    """Find out which pictures the user has deleted, or put back, since they were published."""
    entries = published.entries
    there = {name for name, entry in entries.items() if standing.has(entry.output)}
    gone = [
        name
        for name, entry in entries.items()
        if name not in there
        and not entry.removed
        and (published.finished or not journal.is_waiting(entry.output, entry.checksum))
    ]
    if bring_back or (gone and not there):
        # One who has deleted them all begins anew.
        for name in [name for name in entries if name not in there]:
            del entries[name]
    elif gone:
        for name in gone:
            entries[name] = entries[name]._replace(removed=True)
        # Now: should this preparation be stopped, its pictures in waiting would hide it.
        write_published(work, published)
    for name in there:
        entries[name] = entries[name]._replace(removed=False)


def _is_done(record: Record | None, task: Task, output: str) -> bool:
    return record is not None and record.stamp == task.stamp and record.output in ("", output)


def _settle(
    tasks: list[Task],
    names: list[str],
    journal: Journal,
    standing: Standing,
    published: Published,
    wanted: Wanted,
) -> Settled:
    """Find the copies, and make those pictures that are kept and lie nowhere.

    A picture that is kept now but was a copy earlier, and was removed, is prepared again.
    """
    while True:
        indices = as_indices(
            i for i, task in enumerate(tasks) if journal.records[task.name].outcome == PICTURE
        )
        names_of_pictures = [tasks[index].name for index in indices]
        with contextlib.closing(journal.read_signatures(names_of_pictures)) as signatures:
            found = find_duplicates(signatures, near=wanted.near_duplicates)
            tones = {
                name: tone
                for row, name in enumerate(names_of_pictures)
                if (tone := signatures.tone(row))
            }
        copies = {
            names_of_pictures[row]: (names_of_pictures[copy.of], copy.exact)
            for row, copy in found.items()
        }
        settled = Settled(copies, tones)
        kept = choose(tasks, names, journal.records, settled, published).kept
        lost = as_indices(
            index
            for index in indices
            if tasks[index].name in kept
            and not _is_anywhere(journal, journal.records[tasks[index].name], standing)
        )
        if not lost:
            return settled
        make_pictures(tasks, names, lost, journal, *wanted[:2])


def _is_anywhere(journal: Journal, record: Record, standing: Standing) -> bool:
    if record.output in standing.changed:
        return True
    if journal.is_waiting(record.output, record.checksum):
        return True
    # Torn: it must not replace the whole one.
    journal.waiting(record.output).unlink(missing_ok=True)
    return standing.ours.get(record.output) == record.checksum


def _publication(
    listing: Listing, choice: Choice, records: Mapping[str, Record], before: Published
) -> Published:
    """Return what is published now: what is kept, and what stays away as the user wants it."""
    entries = {name: entry for name, entry in before.entries.items() if entry.removed}
    for name, output in choice.kept.items():
        entries[name] = Entry(output, records[name].checksum)
    sources = {name.partition("/")[0] for name in entries}
    places = {name: place for name, place in before.places.items() if name in sources}
    return Published(entries, places | listing.places, finished=False)


def _remarks(choice: Choice, settled: Settled, standing: Standing, report: Path) -> Iterator[str]:
    yield from tones_in_words({n: t for n, t in settled.tones.items() if n in choice.kept})
    if choice.removed:
        stay, them = ("stays", "it") if len(choice.removed) == 1 else ("stay", "them")
        yield (
            f"{counted(len(choice.removed), 'picture')} deleted by hand {stay} away; "
            f"--bring_back makes {them} again"
        )
    if standing.changed:
        yield (
            f"{counted(len(standing.changed), 'picture')} changed by hand, left as found (the "
            f"first: {printable(min(standing.changed))}.jpg)"
        )
    if standing.damaged:
        yield (
            f"{counted(len(standing.damaged), 'damaged picture')} moved to "
            f"{printable(str(report / SET_ASIDE))} (the first: {printable(min(standing.damaged))}"
            ".jpg)"
        )


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
