import os
import pickle

import numpy as np
import pytest

from catdcgan.datasets.cifar import RECORD, parse_binary, parse_pickle
from catdcgan.datasets.idx import FormatError

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (5, 3072), dtype=np.uint8)
LABELS = [3, 5, 3, 0, 9]


def python_version(protocol=2, **changes):
    content = {b"data": PIXELS, b"labels": LABELS, b"batch_label": b"batch 1", **changes}
    return pickle.dumps(content, protocol)


def test_a_record_is_a_label_and_three_planes():
    data = b"".join(
        bytes([label]) + row.tobytes() for label, row in zip(LABELS, PIXELS, strict=True)
    )
    found = parse_binary(data)
    assert found.images.shape == (5, 32, 32, 3)
    assert found.labels.tolist() == LABELS
    assert found.images[1, 0, 2].tolist() == PIXELS[1, [2, 1024 + 2, 2048 + 2]].tolist()


@pytest.mark.parametrize("count", [1, 7])
def test_any_whole_number_of_records_is_a_file(count):
    assert len(parse_binary(bytes(count * RECORD)).images) == count


@pytest.mark.parametrize("data", [b"", bytes(RECORD - 1), bytes(RECORD + 1)])
def test_a_part_of_a_record_is_refused(data):
    with pytest.raises(FormatError, match="a whole number of records of 3073 is needed"):
        parse_binary(data)


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(FormatError, match="a label 10; labels from 0 to 9"):
        parse_binary(b"\x0a" + bytes(RECORD - 1))


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_the_python_version_has_the_same_pictures(protocol):
    found = parse_pickle(python_version(protocol))
    assert found.labels.tolist() == LABELS
    assert np.array_equal(found.images.transpose(0, 3, 1, 2).reshape(5, -1), PIXELS)


def test_a_pickle_of_python_2_is_read():
    # As Python 2 wrote it: texts of bytes, and the name of the module of then.
    data = pickle.dumps({"data": PIXELS, "labels": LABELS}, 2)
    data = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert parse_pickle(data).labels.tolist() == LABELS


class Evil:
    def __init__(self, call, *arguments):
        self.reduced = call, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    "evil",
    [
        Evil(os.system, "touch executed"),
        Evil(eval, "open('executed', 'w')"),
        Evil(getattr, np.ndarray, "tofile"),
        Evil(np.save, "executed", 1),
    ],
)
def test_nothing_in_a_pickle_is_executed(evil, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FormatError, match="a pickle that calls "):
        parse_pickle(python_version(evil=evil))
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_cannot_change_what_reads_it():
    # GLOBAL numpy dtype, then BUILD with attributes to set.
    state = b"\x80\x02cnumpy\ndtype\nN}X\x05\x00\x00\x00_kindK\x01s\x86b."
    with pytest.raises(FormatError, match="changes what reads it"):
        parse_pickle(state)
    assert len(parse_pickle(python_version()).images) == 5


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no pickle that can be read"),
        (python_version()[:-200], "no pickle that can be read"),
        (pickle.dumps([1], 2), "without a dictionary"),
        (pickle.dumps({"labels": LABELS}, 2), "without data and labels"),
        (pickle.dumps({"data": PIXELS[:4], "labels": LABELS}, 2), "5 labels and 12,288 bytes"),
        (pickle.dumps({"data": PIXELS.astype(float), "labels": LABELS}, 2), "besides bytes"),
        (pickle.dumps({"data": PIXELS, "labels": [1, 2, 3, 4, 11]}, 2), "a label 11"),
        (pickle.dumps({"data": PIXELS, "labels": [1, 2, 3, 4, -1]}, 2), "labels that are no class"),
        (pickle.dumps({"data": np.array([{}] * 5), "labels": LABELS}, 2), "besides bytes"),
    ],
)
def test_a_pickle_of_something_else_has_a_reason(data, reason):
    with pytest.raises(FormatError, match=reason):
        parse_pickle(data)
