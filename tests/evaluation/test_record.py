import numpy as np
import pytest

from catdcgan.console.errors import UserError
from catdcgan.evaluation.record import (
    comparable,
    make_entry,
    merge_entry,
    read_entries,
    write_entries,
)


def entry(step=100, figures=None, weights="average", num=10, key="key", colour=0):
    figures = figures or {"swd": 1.0}
    images = np.full((num, 8, 8, 3), colour, np.uint8)
    return make_entry(f"model-{step}", step, weights, images, ("words", key), figures, figures)


def test_entries_are_read_as_they_were_written(tmp_path):
    path = str(tmp_path / "evaluation.json")
    assert read_entries(path) == []
    write_entries(path, [entry()])
    assert read_entries(path)[0]["figures"] == {"swd": 1.0}


def test_a_damaged_file_is_an_error(tmp_path):
    path = tmp_path / "evaluation.json"
    path.write_text("{}")
    with pytest.raises(UserError, match="damaged"):
        read_entries(str(path))


def test_the_same_samples_replace_their_entry_and_others_join_in_the_order_of_steps():
    entries = []
    for new in (entry(200), entry(100), entry(200, {"swd": 2.0})):
        entries = merge_entry(entries, new)
    assert [(kept["step"], kept["figures"]["swd"]) for kept in entries] == [(100, 1), (200, 2)]


def test_figures_that_only_the_older_entry_has_stay_where_the_pictures_are_the_same():
    older = entry(figures={"swd": 1.0, "inception_fid": 5.0})
    (same,) = merge_entry([older], entry())
    (other,) = merge_entry([older], entry(colour=1))
    assert same["figures"] == {"swd": 1.0, "inception_fid": 5.0}
    assert other["figures"] == {"swd": 1.0}


@pytest.mark.parametrize("other", [{"weights": "last"}, {"num": 11}, {"key": "other"}])
def test_only_entries_that_differ_in_nothing_but_the_step_are_on_one_curve(other):
    entries = [entry(100), entry(200, **other), entry(300)]
    assert [kept["step"] for kept in comparable(entries, entry(300))] == [100, 300]


def test_pictures_are_on_no_curve():
    assert comparable([entry(None)], entry(None)) == []
