import json
import os
from pathlib import Path

import numpy as np
import pytest

from catdcgan.datasets.decoded import Recipe, fingerprint, load_decoded
from catdcgan.pictures.members import Skipped
from catdcgan.pictures.reading import Decoded

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)


class Source:
    """Decodes five pictures, of which some fail, and counts how often it is asked to."""

    def __init__(self, failing=(), unread=()):
        self.decoded, self.failing, self.unread = 0, failing, unread

    def decode(self):
        self.decoded += 1
        return len(PIXELS), (self.outcome(index) for index in (1, 0, 2, 4, 3))

    def outcome(self, index):
        if index in self.failing or index in self.unread:
            return index, Decoded(None, Skipped(f"{index}", "no"), index in self.unread)
        return index, Decoded(PIXELS[index])

    def recipe(self, key="key", label="cats-4"):
        still_fails = lambda name: int(name) in self.unread  # noqa: E731
        return Recipe(label, key, (4, 4, 3), self.decode, still_fails)


def pixels_file(folder):
    return next(folder.glob("*.pixels"))


def test_a_set_is_decoded_once_and_then_mapped(tmp_path):
    source = Source()
    first = load_decoded(source.recipe(), tmp_path)
    again = load_decoded(source.recipe(), tmp_path)
    assert source.decoded == 1
    assert isinstance(again.images, np.memmap)
    assert np.array_equal(again.images, PIXELS)
    assert first.fingerprint == again.fingerprint == fingerprint(PIXELS)


def test_what_failed_leaves_no_gap_and_is_named_again_at_a_warm_start(tmp_path):
    source = Source(failing=(0, 3))
    first = load_decoded(source.recipe(), tmp_path)
    again = load_decoded(source.recipe(), tmp_path)
    assert source.decoded == 1
    for loaded in (first, again):
        assert np.array_equal(loaded.images, PIXELS[[1, 2, 4]])
        assert loaded.skipped == [Skipped("0", "no"), Skipped("3", "no")]
        assert loaded.fingerprint == fingerprint(PIXELS[[1, 2, 4]])


def test_a_set_in_which_everything_fails_is_empty(tmp_path):
    source = Source(failing=range(5))
    assert load_decoded(source.recipe(), tmp_path).images.shape == (0, 4, 4, 3)
    assert len(load_decoded(source.recipe(), tmp_path).skipped) == 5


def cut(folder):
    os.truncate(pixels_file(folder), 100)


def overwrite(folder):
    path = pixels_file(folder)
    path.write_bytes(bytes(path.stat().st_size))


def flip_a_bit(folder):
    path = pixels_file(folder)
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[50] ^= 4
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def change_record(folder):
    path = next(folder.glob("*.json"))
    path.write_text(path.read_text().replace('"fingerprint": "', '"fingerprint": "0'))


def forget_record(folder):
    next(folder.glob("*.json")).unlink()


def tear_record(folder):
    path = next(folder.glob("*.json"))
    path.write_bytes(path.read_bytes()[:20])


def empty_record(folder):
    next(folder.glob("*.json")).write_text("[]")


@pytest.mark.parametrize(
    "tear", [cut, overwrite, flip_a_bit, change_record, forget_record, tear_record, empty_record]
)
def test_a_torn_set_is_noticed_and_decoded_anew(tmp_path, tear):
    source = Source(failing=(2,))
    load_decoded(source.recipe(), tmp_path)
    tear(tmp_path)
    assert np.array_equal(load_decoded(source.recipe(), tmp_path).images, PIXELS[[0, 1, 3, 4]])
    assert source.decoded == 2
    assert np.array_equal(load_decoded(source.recipe(), tmp_path).images, PIXELS[[0, 1, 3, 4]])
    assert source.decoded == 2


def test_a_copy_of_a_set_with_other_times_is_good(tmp_path):
    source = Source()
    load_decoded(source.recipe(), tmp_path)
    os.utime(pixels_file(tmp_path), (1, 1))
    assert np.array_equal(load_decoded(source.recipe(), tmp_path).images, PIXELS)
    assert source.decoded == 1


def test_a_file_that_could_not_be_read_is_tried_again_at_the_next_start(tmp_path):
    source = Source(unread=(1,))
    assert len(load_decoded(source.recipe(), tmp_path).images) == 4
    assert len(load_decoded(source.recipe(), tmp_path).images) == 4
    assert source.decoded == 1
    source.unread = ()
    assert len(load_decoded(source.recipe(), tmp_path).images) == 5


def test_another_key_is_another_set_and_replaces_the_one_of_its_label(tmp_path):
    source = Source()
    load_decoded(source.recipe("old", "cats-4"), tmp_path)
    load_decoded(source.recipe("other", "cats-44"), tmp_path)
    load_decoded(source.recipe("new", "cats-4"), tmp_path)
    assert source.decoded == 3
    names = sorted(path.name for path in tmp_path.glob("*.pixels"))
    assert names == ["cats-4-new.pixels", "cats-44-other.pixels"]


def test_a_failure_while_decoding_leaves_no_set_behind(tmp_path):
    source = Source()
    source.outcome = lambda index: 1 / 0
    with pytest.raises(ZeroDivisionError):
        load_decoded(source.recipe(), tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_a_disk_without_room_is_told_before_decoding(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10}))
    source = Source()
    source.outcome = lambda index: 1 / 0
    with pytest.raises(OSError, match="No space left"):
        load_decoded(source.recipe(), tmp_path)


def test_the_record_is_small_and_readable(tmp_path):
    load_decoded(Source(failing=(1,)).recipe(), tmp_path)
    record = json.loads(Path(next(tmp_path.glob("*.json"))).read_text())
    assert record["count"] == 4
    assert record["skipped"] == [["1", "no"]]
