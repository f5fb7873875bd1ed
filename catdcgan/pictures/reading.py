"""Picture files become one array of pixels, decoded on all cores."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from catdcgan.console.progress import track
from catdcgan.pictures.decoding import decode
from catdcgan.pictures.formats import MissingDecoderError, UndecodableError
from catdcgan.pictures.members import Member, Skipped, UnreadableError, in_reading_order
from catdcgan.pictures.parallel import map_on_all_cores
from catdcgan.pictures.tones import tone_of


class Decoded(NamedTuple):
    """What became of a file: its pixels, or why it was left out.

    Attributes:
        may_change: it could not be read, which says nothing of what it holds.
        dim: its name and `nearly black` or `nearly white`, where it is.
    """

    pixels: np.ndarray | None
    skipped: Skipped | None = None
    may_change: bool = False
    dim: tuple[str, str] | None = None


def read_ahead(members: list[Member]) -> Iterator[tuple[int, Member, bytes | str | None]]:
    """Yield index and member in the order in which reading is quick, ready for several threads.

    The third value is the content of a member that must be read in sequence, or as text the
    reason why it cannot be read; None where the thread that needs it may read it itself.
    """
    for index in in_reading_order(members):
        member = members[index]
        content: bytes | str | None = None
        if member.in_sequence:
            try:
                content = member.read()
            except UnreadableError as error:
                content = str(error)
        yield index, member, content


def content_of(member: Member, ready: bytes | str | None) -> bytes:
    """Return the content of what `read_ahead` yielded.

    Raises:
        UnreadableError: it cannot be read.
    """
    if isinstance(ready, str):
        raise UnreadableError(ready)
    return member.read() if ready is None else ready


def decode_all(
    files: list[Member], image_size: int, channels: int = 3
) -> Iterator[tuple[int, Decoded]]:
    """Read and decode all files on all cores; yield index and outcome in the order of places."""

    def work(item: tuple[int, Member, bytes | str | None]) -> tuple[int, Decoded]:
        index, member, ready = item
        try:
            pixels = decode(content_of(member, ready), image_size, channels)
            tone = tone_of(pixels)
            return index, Decoded(pixels, dim=(member.name, tone) if tone else None)
        except (UnreadableError, MissingDecoderError) as error:
            return index, Decoded(None, Skipped(member.name, str(error)), may_change=True)
        except UndecodableError as error:
            return index, Decoded(None, Skipped(member.name, str(error)))

    return track(map_on_all_cores(work, read_ahead(files)), len(files), "reading pictures")


def collect(
    outcomes: Iterable[tuple[int, Decoded]], shape: tuple[int, ...]
) -> tuple[np.ndarray, list[Skipped]]:
    """Return what was decoded as one array, in the order of indices, and what failed."""
    images = np.empty(shape, np.uint8)
    failed: dict[int, Skipped] = {}
    for index, outcome in outcomes:
        if outcome.skipped:
            failed[index] = outcome.skipped
        elif outcome.pixels is not None:
            images[index] = outcome.pixels
    if failed:
        images = images[[index not in failed for index in range(len(images))]]
    return images, [failed[index] for index in sorted(failed)]
