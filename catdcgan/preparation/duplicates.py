"""Which pictures are copies of others, exactly or nearly.

Each picture is remembered by a signature of 328 bytes: a digest of its pixels, a hash of 64 bits,
and the picture itself at 16 x 16 in grey and 4 x 4 in colour. The hash finds candidates without
comparing all with all; the small pictures decide.
"""

import hashlib
import os
import tempfile
from array import array
from collections.abc import Container, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from catdcgan.pictures.tones import tone_of

DIGEST, HASH, GREY, COLOUR = 16, 8, 16, 4  # bytes, bytes, pixels, pixels
HEAD = DIGEST + HASH  # bytes
SMALL = GREY * GREY + COLOUR * COLOUR * 3  # bytes
SIGNATURE = HEAD + SMALL

# Chosen on 4,122 different photos of cat faces and on the 4,096 drawn cats, and looked at: the 31
# pairs of photos that it finds are all two copies of one photo; of the drawn cats it takes none
# for another. Pictures saved again as JPEG, halved in size or brightened by a tenth are found;
# one that has lost 2 of 128 pixels at each side is found nine times out of ten.
MOST_BITS = 7  # in which the hashes of near duplicates may differ
LEAST_GREY = 0.975  # correlation of near duplicates' small grey pictures
LEAST_COLOUR = 0.98  # and of their small coloured ones
FLAT = 16.0  # length of a small picture's deviation from its mean, below which it shows nothing

BANDS = 4  # of 16 bits; two hashes that differ in 7 bits differ in at most one bit of some band
BAND_BITS = 16
# A set in which nearly all hashes are the same, such as a film's, must not take for ever: of those
# in one place only so many are looked at, the latest ones first.
MOST_IN_PLACE = 500
MOST_CANDIDATES = 1000


class Duplicate(NamedTuple):
    """What a picture is a copy of.

    Attributes:
        of: the index of the picture that is kept.
        exact: the pixels are the same.
    """

    of: int
    exact: bool


class Signatures:
    """The signatures of a set: digests and hashes in memory, the small pictures in a file."""

    def __init__(self, count: int, folder: Path | None = None) -> None:
        """Begin with signatures of zeros.

        Args:
            folder: where the file is, which has no name and goes with this object.
        """
        self.heads = np.zeros((count, HEAD), np.uint8)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._file.truncate(count * SMALL)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.heads)

    def put(self, index: int, signature: bytes) -> None:
        """Set the signature of a picture."""
        self.heads[index] = np.frombuffer(signature[:HEAD], np.uint8)
        os.pwrite(self._file.fileno(), signature[HEAD:], index * SMALL)

    def smalls(self, indices: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return small pictures, uint8 grey `[N, 256]` and colour `[N, 48]`."""
        data = [os.pread(self._file.fileno(), SMALL, index * SMALL) for index in indices]
        table = np.frombuffer(b"".join(data), np.uint8).reshape(-1, SMALL)
        return table[:, : GREY * GREY], table[:, GREY * GREY :]

    def tone(self, index: int) -> str:
        """Return `nearly black` or `nearly white` for a picture that is, else nothing."""
        grey, _ = self.smalls([index])
        return tone_of(grey)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


def signature_of(pixels: np.ndarray) -> bytes:
    """Return what a picture is remembered by, uint8 `[S, S, 3]` -> `SIGNATURE` bytes."""
    image = Image.fromarray(pixels)
    grey = image.convert("L")
    box = Image.Resampling.BOX
    steps = np.asarray(grey.resize((9, 8), box))
    bits = np.packbits(steps[:, 1:] > steps[:, :-1])  # 64: does it get brighter to the right?
    return b"".join(
        (
            hashlib.sha256(np.ascontiguousarray(pixels).data).digest()[:DIGEST],
            bits.tobytes(),
            grey.resize((GREY, GREY), box).tobytes(),
            image.resize((COLOUR, COLOUR), box).tobytes(),
        )
    )


def find_duplicates(signatures: Signatures, *, near: bool = True) -> dict[int, Duplicate]:
    """Return the pictures that are copies of an earlier one that is kept, by index.

    Of several copies the first is kept. Of the pictures that one is nearly a copy of, the first
    is named.

    Args:
        near: find near duplicates too.
    """
    if not len(signatures):
        return {}
    digests = np.ascontiguousarray(signatures.heads[:, :DIGEST]).view(f"V{DIGEST}")[:, 0]
    _, firsts, groups = np.unique(digests, return_index=True, return_inverse=True)
    first_of = firsts[groups.reshape(-1)]
    exact = np.flatnonzero(first_of != np.arange(len(signatures)))
    found = {index: Duplicate(int(first_of[index]), exact=True) for index in exact.tolist()}
    if near:
        copies = _find_near(signatures, found)
        # What is a copy of a near copy is named with the picture that is kept.
        for index, copy in found.items():
            if copy.of in copies:
                found[index] = Duplicate(copies[copy.of], exact=False)
        found |= {index: Duplicate(of, exact=False) for index, of in copies.items()}
    return found


def _find_near(signatures: Signatures, passed_over: Container[int]) -> dict[int, int]:
    hashes = array("Q", signatures.heads[:, DIGEST:].tobytes())
    kept = _Places(hashes)
    found: dict[int, int] = {}
    for index in range(len(hashes)):
        if index in passed_over:
            continue
        (grey,), (colour,) = signatures.smalls([index])
        if _length(grey) < FLAT:
            continue
        candidates = kept.near(index)[:MOST_CANDIDATES]
        if candidates:
            greys, colours = signatures.smalls(candidates)
            alike = _correlate(grey, greys) >= LEAST_GREY
            alike &= _correlate(colour, colours) >= LEAST_COLOUR
            if alike.any():
                found[index] = candidates[int(alike.argmax())]
                continue
        kept.add(index)
    return found


class _Places:
    """Finds hashes that differ in few bits, without looking at all of them.

    Each hash lies in one place a band; those in a place are linked, the latest first.
    """

    def __init__(self, hashes: "array[int]") -> None:
        self._hashes = hashes
        nothing = array("i", [-1])
        self._latest = [nothing * 2**BAND_BITS for _ in range(BANDS)]
        self._before = [nothing * len(hashes) for _ in range(BANDS)]

    def add(self, index: int) -> None:
        value = self._hashes[index]
        for latest, before in zip(self._latest, self._before, strict=True):
            place = value & (2**BAND_BITS - 1)
            before[index], latest[place] = latest[place], index
            value >>= BAND_BITS

    def near(self, index: int) -> list[int]:
        """Return those whose hash differs in at most `MOST_BITS`, in ascending order."""
        hashes, value = self._hashes, self._hashes[index]
        found: set[int] = set()
        rest = value
        for latest, before in zip(self._latest, self._before, strict=True):
            place = rest & (2**BAND_BITS - 1)
            rest >>= BAND_BITS
            for flip in _FLIPS:
                other, left = latest[place ^ flip], MOST_IN_PLACE
                while other >= 0 and left:
                    if (hashes[other] ^ value).bit_count() <= MOST_BITS:
                        found.add(other)
                    other, left = before[other], left - 1
        return sorted(found)


_FLIPS = [0, *(1 << bit for bit in range(BAND_BITS))]


def _length(small: np.ndarray) -> float:
    """Return how far a small picture deviates from its mean, uint8 `[P]`."""
    return float(small.std() * len(small) ** 0.5)


def _correlate(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Correlate a small picture with others, uint8 `[P]`, `[N, P]` -> float32 `[N]`."""
    one, others = one.astype(np.float32), others.astype(np.float32)
    one -= one.mean()
    others -= others.mean(axis=1, keepdims=True)
    lengths = np.sqrt((others**2).sum(axis=1)) * np.sqrt((one**2).sum())
    return others @ one / np.maximum(lengths, 1e-6)
