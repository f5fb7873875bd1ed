import numpy as np
import pytest

from catdcgan.evaluation.kept import load_or_measure


@pytest.fixture
def measure():
    """Return a function that measures, and counts how often in its list `calls`."""

    def work():
        work.calls.append(1)
        return {"a": np.arange(3), "b": 1.5}

    work.calls = []
    return work


def test_what_was_measured_once_is_read(tmp_path, measure):
    for _ in range(2):
        found = load_or_measure([tmp_path / "new"], "key", measure)
        assert found["a"].tolist() == [0, 1, 2]
        assert float(found["b"]) == 1.5
    assert len(measure.calls) == 1


def test_another_key_is_measured_anew(tmp_path, measure):
    load_or_measure([tmp_path], "key", measure)
    load_or_measure([tmp_path], "other", measure)
    assert len(measure.calls) == 2


@pytest.mark.parametrize("damage", [lambda data: data[:-30], lambda data: b"", lambda data: b"?"])
def test_a_torn_file_is_replaced(tmp_path, measure, damage):
    load_or_measure([tmp_path], "key", measure)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert load_or_measure([tmp_path], "key", measure)["b"] == 1.5
    load_or_measure([tmp_path], "key", measure)
    assert len(measure.calls) == 2


def test_where_the_first_folder_cannot_be_written_to_the_next_one_serves(tmp_path, measure):
    (tmp_path / "file").write_text("no folder")
    folders = [tmp_path / "file", tmp_path / "folder"]
    load_or_measure(folders, "key", measure)
    load_or_measure(folders, "key", measure)
    assert len(measure.calls) == 1


def test_where_nothing_can_be_written_it_is_measured_each_time(measure):
    assert load_or_measure([], "key", measure)["b"] == 1.5
