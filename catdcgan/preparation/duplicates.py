"""Which pictures are copies of others, exactly or nearly.

Each picture is remembered by a signature of 328 bytes: a digest of its pixels, a hash of 64 bits,
and the picture itself at 16 x 16 in grey and 4 x 4 in colour. The hash finds candidates without
comparing all with all; the small pictures decide.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

DIGEST, HASH, GREY, COLOUR = 16, 8, 16, 4  # bytes, bytes, pixels, pixels
SIGNATURE = DIGEST + HASH + GREY * GREY + COLOUR * COLOUR * 3  # bytes

# Chosen on 4,122 different photos of cat faces and on the 4,096 drawn cats, and looked at: the 31
# pairs of photos that it finds are all two copies of one photo; of the drawn cats it takes none
# for another. Pictures saved again as JPEG, halved in size or brightened by a tenth are found;
# one that has lost 2 of 128 pixels at each side is found nine times out of ten.
MOST_BITS = 7  # in which the hashes of near duplicates may differ
LEAST_GREY = 0.975  # correlation of near duplicates' small grey pictures
LEAST_COLOUR = 0.98  # and of their small coloured ones
FLAT = 16.0  # length of a small picture's deviation from its mean, below which it shows nothing

BANDS = 4  # of 16 bits; two hashes that differ in 7 bits differ in at most one bit of some band
MOST_CANDIDATES = 2000  # for one picture; a set with more shows nearly nothing in any picture


class Duplicate(NamedTuple):
    """What a picture is a copy of.

    Attributes:
        of: the index of the picture that is kept.
        exact: the pixels are the same.
    """

    of: int
    exact: bool


def signature_of(pixels: np.ndarray) -> bytes:
    """Return what a picture is remembered by, uint8 `[S, S, 3]` -> `SIGNATURE` bytes."""
    image = Image.fromarray(pixels)
    grey = image.convert("L")
    box = Image.Resampling.BOX
    steps = np.asarray(grey.resize((9, 8), box))
    bits = np.packbits(steps[:, 1:] > steps[:, :-1])  # 64: does it get brighter to the right?
    return b"".join(
        (
            hashlib.sha256(np.ascontiguousarray(pixels)).digest()[:DIGEST],
            bits.tobytes(),
            grey.resize((GREY, GREY), box).tobytes(),
            image.resize((COLOUR, COLOUR), box).tobytes(),
        )
    )


def find_duplicates(signatures: list[bytes], *, near: bool = True) -> dict[int, Duplicate]:
    """Return the pictures that are copies of an earlier one that is kept, by index.

    Of several copies the first is kept. Of the pictures that one is nearly a copy of, the first
    is named.

    Args:
        near: find near duplicates too.
    """
    found: dict[int, Duplicate] = {}
    first_with: dict[bytes, int] = {}
    for index, signature in enumerate(signatures):
        first = first_with.setdefault(signature[:DIGEST], index)
        if first != index:
            found[index] = Duplicate(first, exact=True)
    del first_with
    if near:
        # Only pictures that are not exact copies: these have a kept one already.
        distinct = [index for index in range(len(signatures)) if index not in found]
        copies = _find_near([signatures[index] for index in distinct])
        near_found = {distinct[a]: distinct[b] for a, b in copies.items()}
        found = {
            index: Duplicate(near_found.get(copy.of, copy.of), copy.exact)
            for index, copy in found.items()
        }
        found |= {index: Duplicate(of, exact=False) for index, of in near_found.items()}
    return found


def _find_near(signatures: list[bytes]) -> dict[int, int]:
    table = np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, SIGNATURE)
    hashes = np.ascontiguousarray(table[:, DIGEST : DIGEST + HASH])
    grey = table[:, DIGEST + HASH : DIGEST + HASH + GREY * GREY]
    colour = table[:, DIGEST + HASH + GREY * GREY :]
    kept = np.ones(len(table), bool)
    found: dict[int, int] = {}
    for index, candidates in _candidates(hashes):
        candidates = candidates[kept[candidates]]
        if not len(candidates):
            continue
        alike = _correlate(grey[index], grey[candidates]) >= LEAST_GREY
        alike &= _correlate(colour[index], colour[candidates]) >= LEAST_COLOUR
        if alike.any():
            found[index] = int(candidates[alike].min())
            kept[index] = False
    return found


def _candidates(hashes: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each index with the smaller ones whose hash differs in few bits, uint8 `[N, 8]`."""
    bands = hashes.view(">u2").astype(np.int64)  # [N, 4]
    orders = [np.argsort(bands[:, band], kind="stable") for band in range(BANDS)]
    starts = [
        np.searchsorted(bands[order, band], np.arange(2**16 + 1)).tolist()
        for band, order in enumerate(orders)
    ]
    whole = hashes.view(np.uint64)[:, 0]
    flips = [0, *(1 << bit for bit in range(16))]
    for index, values in enumerate(bands.tolist()):
        places = []
        for order, start, value in zip(orders, starts, values, strict=True):
            for flip in flips:
                low, high = start[value ^ flip], start[(value ^ flip) + 1]
                if low < high:
                    # In a bucket, order is ascending: what comes before this index is enough.
                    high = low + int(np.searchsorted(order[low:high], index))
                    places.append(order[low:high])
        near = np.unique(np.concatenate(places))
        bits = _count_bits(whole[near] ^ whole[index])
        yield index, near[bits <= MOST_BITS][:MOST_CANDIDATES]


_BITS = np.array([value.bit_count() for value in range(2**16)], np.uint8)


def _count_bits(values: np.ndarray) -> np.ndarray:
    return _BITS[values[:, None].view(np.uint16)].sum(axis=1)


def _correlate(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Correlate a small picture with others, uint8 `[P]`, `[N, P]` -> float32 `[N]`."""
    one, others = one.astype(np.float32), others.astype(np.float32)
    one -= one.mean()
    others -= others.mean(axis=1, keepdims=True)
    lengths = np.sqrt((others**2).sum(axis=1)) * np.sqrt((one**2).sum())
    return np.where(lengths > FLAT**2, others @ one / np.maximum(lengths, FLAT**2), 0)
