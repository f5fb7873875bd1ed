"""Which pictures are kept, and what became of all the others."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from catdcgan.preparation.folder import Standing
from catdcgan.preparation.journal import Record
from catdcgan.preparation.outcomes import DUPLICATE, KEPT, REMOVED
from catdcgan.preparation.picture import PICTURE
from catdcgan.preparation.published import Published
from catdcgan.preparation.report import Fate, merge_fates
from catdcgan.preparation.sources import Listing, Task

BY_HAND = "deleted from the folder by hand"


class Settled(NamedTuple):
    """What looking at all pictures together shows.

    Attributes:
        copies: what a picture is a copy of, and whether exactly, by its name.
        tones: `nearly black` or `nearly white`, by names.
    """

    copies: dict[str, tuple[str, bool]]
    tones: dict[str, str]


class Choice(NamedTuple):
    """Which pictures are kept.

    Attributes:
        kept: names of the prepared pictures, by those of their files, in their order.
        removed: names of files that stay away since the user has deleted their picture, and the
            copy that was deleted, else themselves.
    """

    kept: dict[str, str]
    removed: dict[str, str]


def choose(
    tasks: list[Task],
    names: list[str],
    records: Mapping[str, Record],
    settled: Settled,
    published: Published,
) -> Choice:
    """Return which pictures are kept: no copies, and none whose copy the user has deleted."""
    deleted = {name for name, entry in published.entries.items() if entry.removed}
    removed: dict[str, str] = {}
    for name in deleted:
        removed.setdefault(settled.copies.get(name, (name, True))[0], name)
    pictures = (
        (task.name, output)
        for task, output in zip(tasks, names, strict=True)
        if records[task.name].outcome == PICTURE
    )
    kept: dict[str, str] = {}
    stays_away: dict[str, str] = {}
    for name, output in pictures:
        if name in deleted:
            stays_away[name] = name
        elif name in settled.copies:
            continue
        elif name in removed:
            stays_away[name] = removed[name]
        else:
            kept[name] = output
    return Choice(kept, stays_away)


def fates_of(
    listing: Listing,
    records: Mapping[str, Record],
    settled: Settled,
    choice: Choice,
    standing: Standing,
    published: Published,
) -> Iterator[Fate]:
    """Yield what became of each file, in the order of names."""

    def looked_at() -> Iterator[Fate]:
        for task in listing.tasks:
            name, record = task.name, records[task.name]
            if name in choice.kept:
                output = choice.kept[name]
                changed = "changed by hand" if output in standing.changed else ""
                remark = ", ".join(filter(None, (settled.tones.get(name), changed)))
                yield Fate(name, KEPT, "", f"{output}.jpg", record.checksum, remark)
            elif name in choice.removed:
                copy = choice.removed[name]
                if copy == name:
                    entry = published.entries[name]
                    picture = f"{entry.output}.jpg"
                    yield Fate(name, REMOVED, BY_HAND, picture, entry.checksum)
                else:
                    yield Fate(name, REMOVED, f"the same picture as {copy}, {BY_HAND}")
            elif name in settled.copies:
                of, exact = settled.copies[name]
                how = "the same picture as" if exact else "nearly the same picture as"
                yield Fate(name, DUPLICATE, f"{how} {of}")
            else:
                yield Fate(name, record.outcome, record.reason)

    left_out = sorted(Fate(name, *fate) for name, fate in listing.left_out.items())
    return merge_fates(looked_at(), iter(left_out))
