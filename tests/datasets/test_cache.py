import numpy as np
import pytest

from catdcgan.datasets.cache import load_or_build

SHAPE = (3, 4)


class Builder:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return np.full(SHAPE, 7, np.uint8)


@pytest.fixture
def build():
    return Builder()


def test_an_array_is_built_once_and_then_mapped(tmp_path, build):
    path = tmp_path / "new" / "array.npy"
    load_or_build(path, SHAPE, build)
    again = load_or_build(path, SHAPE, build)
    assert build.calls == 1
    assert isinstance(again, np.memmap)
    assert (again == 7).all()


def test_a_torn_file_is_replaced(tmp_path, build):
    path = tmp_path / "array.npy"
    load_or_build(path, SHAPE, build)
    path.write_bytes(path.read_bytes()[:-1])
    assert (load_or_build(path, SHAPE, build) == 7).all()
    assert (np.load(path) == 7).all()


def test_a_flipped_bit_is_noticed(tmp_path, build):
    path = tmp_path / "array.npy"
    load_or_build(path, SHAPE, build)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert (load_or_build(path, SHAPE, build) == 7).all()
    assert build.calls == 2


def test_an_array_of_another_shape_is_replaced(tmp_path, build):
    path = tmp_path / "array.npy"
    np.save(path, np.zeros((2, 2), np.uint8))
    assert load_or_build(path, SHAPE, build).shape == SHAPE


def test_where_nothing_can_be_written_the_array_is_still_built(tmp_path, build):
    (tmp_path / "file").write_text("in the way")
    assert (load_or_build(tmp_path / "file" / "array.npy", SHAPE, build) == 7).all()


def test_nothing_is_left_of_a_build_that_fails(tmp_path):
    def fail():
        raise RuntimeError("no array")

    with pytest.raises(RuntimeError):
        load_or_build(tmp_path / "array.npy", SHAPE, fail)
    assert list(tmp_path.iterdir()) == []
