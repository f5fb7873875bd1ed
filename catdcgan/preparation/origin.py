"""Pictures that came from elsewhere are not deleted: which sources those in a folder came from."""

from collections.abc import Collection, Mapping
from pathlib import Path

from catdcgan.console.errors import UserError
from catdcgan.console.words import counted, printable
from catdcgan.preparation.folder import Standing
from catdcgan.preparation.journal import Record
from catdcgan.preparation.published import Published
from catdcgan.preparation.sources import Listing


def refuse_other_sources(
    out: Path,
    published: Published,
    standing: Standing,
    listing: Listing,
    stamped: Collection[tuple[str, int]],
) -> list[str]:
    """Check that all sources of the pictures in `out` are among those that are listed.

    Args:
        stamped: names and stamps of all files that were ever prepared for `out`.

    Returns:
        The names of files whose pictures have to come out as they are there: whether their
        source is the one of before shows in nothing else.

    Raises:
        UserError: a source is not there any more.
    """
    stamps = {task.name: task.stamp for task in listing.tasks}
    filled = {name.partition("/")[0] for name in [*stamps, *listing.left_out]}
    by_source: dict[str, list[str]] = {}
    for name, entry in published.entries.items():
        if not entry.removed and standing.has(entry.output):
            by_source.setdefault(name.partition("/")[0], []).append(name)
    doubtful: list[str] = []
    for source, names in by_source.items():
        was = published.places.get(source)
        shown = was.path if was else source
        if source not in listing.places:
            raise _refusal(out, names, f"{shown}, which is not among the sources")
        if source not in filled:
            raise _refusal(out, names, f"{shown}, which is empty now")
        if was and was.path == listing.places[source].path:
            continue
        # Moved, or prepared by a version that noted no places: the same by most of its files.
        same = [name for name in names if (name, stamps.get(name)) in stamped]
        if 2 * len(same) >= len(names):
            continue
        if missing := [name for name in names if name not in stamps]:
            raise _refusal(out, missing, f"another {source}")
        doubtful += names
    return doubtful


def refuse_other_pictures(
    out: Path,
    names: list[str],
    published: Published,
    standing: Standing,
    records: Mapping[str, Record],
) -> None:
    """Check that files made the pictures that are in `out`.

    Raises:
        UserError: one made another picture, so that theirs is from another source.
    """
    for name in names:
        was = standing.ours.get(published.entries[name].output)
        if was is not None and records[name].checksum != was:
            raise _refusal(out, names, f"another {name.partition('/')[0]}")


def _refusal(out: Path, names: list[str], what: str) -> UserError:
    held = f"{counted(len(names), 'picture')} of {printable(what)}"
    return UserError(
        f"--out: {printable(str(out))} holds {held}; that source as well, or another folder, is "
        "needed."
    )
