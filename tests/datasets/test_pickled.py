import pickle

import numpy as np
import pytest

from catdcgan.datasets.idx import FormatError
from catdcgan.datasets.pickled import MOST_LEVELS, Array, read_pickle

MANY = 30_000  # levels
VALUES = {
    "data": [0, -1, 2**40, 10**30, 1.5, True, None, "text", "\u20ac", b"\xff\x00"],
    b"key": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
    "nested": [{"a": [1, {"b": []}]}, [[], {}]],
    7: list(range(2500)),
}


@pytest.mark.parametrize("protocol", range(5))
def test_plain_values_are_what_python_reads(protocol):
    assert read_pickle(pickle.dumps(VALUES, protocol)) == VALUES


@pytest.mark.parametrize("protocol", range(5))
def test_an_array_of_bytes_is_its_bytes(protocol):
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (found,) = read_pickle(pickle.dumps([pixels], protocol))
    assert isinstance(found, Array)
    assert found.content() == pixels.tobytes()


def test_texts_of_python_2_are_latin_1():
    assert read_pickle(b"S'\\xff\\x00\\'a'\n.") == "\xff\x00'a"
    assert read_pickle(b"U\x02\xff\x00.") == "\xff\x00"


DEEP = {
    "tuples": b"\x80\x02)" + b"\x85" * MANY + b".",
    "pairs": b"\x80\x02)" + b"2\x86" * MANY + b".",
    "marked tuples": b"(" * MANY + b"t" * MANY + b".",
    "lists": b"]" * MANY + b"a" * (MANY - 1) + b".",
    "old lists": b"(" * MANY + b"l" * MANY + b".",
    "dictionaries": b"}" + b"N}" * MANY + b"s" * MANY + b".",
    "a key": b"})" + b"\x85" * MANY + b"Ns.",
    # Each list takes the next one only when it lies in another already.
    "lists from the memo": b"]q\x00" + b"h\x00]q\x00a" * MANY + b"h\x00.",
    "itself": b"]q\x00h\x00ah\x00a.",
    "states": b"cnumpy.core.multiarray\n_reconstruct\nq\x00)Rq\x01"
    + b"h\x00)Rh\x01bq\x01" * MANY
    + b".",
    "types": b"cnumpy\ndtype\nq\x00N\x85R" + b"q\x01h\x00h\x01\x85R" * MANY + b".",
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_nests_deeply_is_refused_and_ends_nothing(kind):
    with pytest.raises(FormatError, match="; a data_batch of CIFAR-10's Python version is needed"):
        read_pickle(DEEP[kind])


def test_a_few_levels_are_no_matter():
    assert read_pickle(b")" + b"\x85" * (MOST_LEVELS - 1) + b".") is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"N",
        b".",
        b"(.",
        b"0.",
        b"h\x05.",
        b"Nb.",
        b"\xff.",
        b"S'a\n.",
        b"P1\n.",
        b"\x82\x01.",
        b"\x8f.",
        b"ios\nsystem\n.",
        b"(ios\nsystem\n.",
        b"]R.",
        b"r\xff\xff\xff\xff.",
        b"T\xff\xff\xff\x7fa.",
        b"\x8b\xff\xff\xff\x7fa.",
        b"I" + b"9" * 10_000 + b"\n.",
        b"N0" * 600_000,
    ],
)
def test_nonsense_has_a_reason(data):
    with pytest.raises(FormatError, match="needed"):
        read_pickle(data)
