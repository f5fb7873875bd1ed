import gzip
import struct

import numpy as np
import pytest

from catdcgan.datasets.idx import FormatError, parse_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array, magic=None):
    magic = 2048 + array.ndim if magic is None else magic
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_images_and_labels_are_read_gzipped_or_not(pack):
    assert np.array_equal(parse_idx(pack(idx(IMAGES)), 3), IMAGES)
    assert parse_idx(pack(idx(np.arange(5, dtype=np.uint8))), 1).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (idx(IMAGES, magic=2049), "begins with the number 2049; an IDX file with 2051 is needed"),
        (idx(IMAGES)[:-1], "announces 2 x 3 x 4 and holds 23 bytes; 24 are needed"),
        (idx(IMAGES) + b"x", "holds 25 bytes"),
        (b"", "0 bytes; an IDX file with a header of 16 is needed"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-9], "cut short; a whole gzip file"),
        (gzip.compress(idx(IMAGES), mtime=0)[:12] + b"\xff" * 40, "a whole gzip file"),
        (struct.pack(">4I", 2051, 2**32 - 1, 2**32 - 1, 2**32 - 1), "are needed"),
    ],
)
def test_a_file_with_a_wrong_magic_number_or_length_has_a_reason(data, reason):
    with pytest.raises(FormatError, match=reason):
        parse_idx(data, 3)
