"""IDX files, in which MNIST is published: a magic number, sizes, then bytes."""

import math
import struct
import zlib

import numpy as np

UNSIGNED_BYTES = 8  # the code of that type, the only one that MNIST has
GZIP = b"\x1f\x8b"
MOST_BYTES = 2**30  # of an uncompressed file; MNIST's largest has 47 million


class FormatError(Exception):
    """A file is not what its name says; the text is `<found>; <needed>`."""


def parse_idx(data: bytes, dimensions: int) -> np.ndarray:
    """Return the array of an IDX file, gzipped or not: uint8 `[N]` or `[N, H, W]`.

    Args:
        dimensions: 1 for labels, 3 for images.

    Raises:
        FormatError: it is no such file, or is cut short.
    """
    if data.startswith(GZIP):
        data = _unpack(data)
    needed = UNSIGNED_BYTES << 8 | dimensions
    header = 4 * (1 + dimensions)
    if len(data) < header:
        raise FormatError(f"{len(data)} bytes; an IDX file with a header of {header} is needed")
    magic, *sizes = struct.unpack_from(f">{1 + dimensions}I", data)
    if magic != needed:
        raise FormatError(f"begins with the number {magic}; an IDX file with {needed} is needed")
    expected = math.prod(sizes)
    if len(data) - header != expected:
        shown = " x ".join(map(str, sizes))
        raise FormatError(
            f"announces {shown} and holds {len(data) - header:,} bytes; {expected:,} are needed"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(sizes)


def _unpack(data: bytes) -> bytes:
    try:
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        unpacked = unpacker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise FormatError(f"damaged ({error}); a whole gzip file is needed") from error
    if unpacker.unconsumed_tail:
        raise FormatError(f"over {MOST_BYTES >> 20} MiB unpacked; a file of MNIST is needed")
    if not unpacker.eof:
        raise FormatError("cut short; a whole gzip file is needed")
    return unpacked
