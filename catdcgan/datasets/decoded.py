"""Decoded sets are kept on disk and mapped into memory, so that a restart need not decode again.

A set is two files: `NAME.pixels`, the pictures one after the other, uint8 `[N, S, S, C]`, and,
written last, `NAME.json`: their number, what was left out, and the fingerprint. A name ends with
the key, a digest of everything that the pixels depend on.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from catdcgan.console.progress import track
from catdcgan.pictures.members import Skipped
from catdcgan.pictures.reading import Decoded
from catdcgan.storage import checked_json, locking

FOLDER = ".catdcgan-cache"
CHUNK = 2**22  # bytes that are read at a time where a whole set is gone through

Decode = Callable[[], tuple[int, Iterable[tuple[int, Decoded]]]]
StillFails = Callable[[str], bool]


class Recipe(NamedTuple):
    """How a set comes to be.

    Attributes:
        label: begins the names of its files; a later set of the same label replaces it.
        key: a digest of everything that the pixels depend on.
        shape: of a picture, (image_size, image_size, channels).
        decode: returns how many pictures there should be, and index and outcome of each, in any
            order.
        still_fails: tells whether a file that could not be read still cannot.
    """

    label: str
    key: str
    shape: tuple[int, int, int]
    decode: Decode
    still_fails: StillFails


class DecodedSet(NamedTuple):
    """A set of pictures.

    Attributes:
        images: uint8 `[N, image_size, image_size, channels]`, mapped from a file.
        skipped: what failed, with the reason.
        fingerprint: as `fingerprint` would return it.
        dim: names of pictures that are `nearly black` or `nearly white`, and which of the two.
    """

    images: np.ndarray
    skipped: list[Skipped]
    fingerprint: str
    dim: dict[str, str]


def fingerprint(images: np.ndarray) -> str:
    """Return what a set is recognised by: a SHA-256 of its pixels and their shape."""
    digest = hashlib.sha256(repr(images.shape).encode())
    for image in images:
        digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def load_decoded(recipe: Recipe, folder: Path) -> DecodedSet:
    """Return the set from its files in `folder`; decode and keep it where they are not whole.

    Raises:
        OSError: `folder` cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pixels = folder / f"{recipe.label}-{recipe.key}.pixels"
    kept = _read_kept(pixels, recipe)
    if kept is None:
        # Other processes that want the same set wait, where the system can make them.
        with locking.hold(pixels.with_suffix(".lock"), wait=True, needed=False):
            # Another process may have finished while this one waited.
            kept = _read_kept(pixels, recipe) or _build(pixels, recipe)
    return kept


def _read_kept(pixels: Path, recipe: Recipe) -> DecodedSet | None:
    """Return a set that was kept, None where it is not there, torn, or could be completed now."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = checked_json.read(pixels.with_suffix(".json")) or {}
        shape = (kept["count"], *recipe.shape)
        if pixels.stat().st_size != _size_of(shape):
            return None
        if not all(recipe.still_fails(name) for name in kept["unread"]):
            return None
        # Not by its time: a bad disk changes bytes without it.
        if _checksum(pixels) != kept["crc32"]:
            return None
        skipped = [Skipped(name, reason) for name, reason in kept["skipped"]]
        dim = dict(kept["dim"].items())
        return DecodedSet(_map(pixels, shape), skipped, str(kept["fingerprint"]), dim)
    return None


def _build(pixels: Path, recipe: Recipe) -> DecodedSet:
    """Decode a set straight into its file; nothing but what is under way is held in memory."""
    record = pixels.with_suffix(".json")
    record.unlink(missing_ok=True)
    growing = pixels.with_suffix(".part")
    with _removed_on_failure(growing), growing.open("w+b") as file:
        count, outcomes = recipe.decode()
        _need_room(growing, count * _size_of(recipe.shape))
        failed, unread, dim = _fill(file, outcomes, recipe.shape)
        good = [index for index in range(count) if index not in failed]
        shape = (len(good), *recipe.shape)
        if failed:
            _close_gaps(file, good, recipe.shape)
        file.flush()
        os.fsync(file.fileno())
        found, checksum = _digest(growing, shape)
        os.replace(growing, pixels)
    skipped = [failed[index] for index in sorted(failed)]
    kept: dict[str, Any] = {
        "count": shape[0],
        "fingerprint": found,
        "crc32": checksum,
        "skipped": skipped,
        "unread": unread,
        "dim": dim,
    }
    checked_json.write(record, kept)
    _forget_others(pixels, recipe)
    return DecodedSet(_map(pixels, shape), skipped, found, dim)


def _need_room(path: Path, needed: int) -> None:
    """Find out now, and not after an hour of decoding, that a disk is too small.

    Raises:
        OSError: it is.
    """
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _fill(
    file: IO[bytes], outcomes: Iterable[tuple[int, Decoded]], shape: tuple[int, ...]
) -> tuple[dict[int, Skipped], list[str], dict[str, str]]:
    """Write each picture at its place.

    Returns:
        What failed by index, the names of what could not be read, and of what is dim.
    """
    failed: dict[int, Skipped] = {}
    unread: list[str] = []
    dim: list[tuple[str, str]] = []
    # Not through a map: there a full disk would end the process.
    for index, outcome in outcomes:
        if outcome.skipped:
            failed[index] = outcome.skipped
            if outcome.may_change:
                unread.append(outcome.skipped.name)
        elif outcome.pixels is not None:
            file.seek(index * _size_of(shape))
            file.write(np.ascontiguousarray(outcome.pixels).data)
            if outcome.dim:
                dim.append(outcome.dim)
    return failed, sorted(unread), dict(sorted(dim))


def _close_gaps(file: IO[bytes], good: list[int], shape: tuple[int, ...]) -> None:
    row = _size_of(shape)
    for target, source in enumerate(good):
        if target != source:
            file.seek(source * row)
            data = file.read(row)
            file.seek(target * row)
            file.write(data)
    file.truncate(len(good) * row)


def _digest(path: Path, shape: tuple[int, ...]) -> tuple[str, int]:
    """Return the fingerprint and the checksum of a set in a file, read in pieces."""
    digest, checksum = hashlib.sha256(repr(shape).encode()), 0
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            checksum = zlib.crc32(piece, checksum)
    return digest.hexdigest(), checksum


def _checksum(path: Path) -> int:
    """Return the CRC-32 of a file, which takes a third of the time of its SHA-256."""
    checksum = 0
    with path.open("rb", buffering=0) as file:
        pieces = iter(lambda: file.read(CHUNK), b"")
        total = -(-path.stat().st_size // CHUNK)
        for piece in track(pieces, total, "checking the decoded pictures", "piece"):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _map(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    if shape[0] == 0:
        return np.empty(shape, np.uint8)  # there is nothing to map
    return np.memmap(path, np.uint8, mode="r", shape=shape)


def _size_of(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))


def _forget_others(pixels: Path, recipe: Recipe) -> None:
    """Remove earlier sets of the same label, which nothing would look for again."""
    for path in pixels.parent.glob(f"{recipe.label}-*"):
        if path.stem != pixels.stem and path.stem.rpartition("-")[0] == recipe.label:
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
