"""The table, the curve and the sheet."""

import io

import numpy as np
import pytest
from PIL import Image

from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.evaluation.curve import INCHES, draw_curve
from catdcgan.evaluation.record import make_entry
from catdcgan.evaluation.sheet import ALARM, draw_sheet
from catdcgan.evaluation.table import show_many, show_one
from catdcgan.metrics.nearest import find_nearest

FIGURES = {"swd": 36.74, "swd_32": 40.0, "random_recall": 0.5, "near_copies": 0.0}
FLOOR = {"swd": 11.8, "swd_32": 9.0, "random_recall": 0.98, "near_copies": 0.01}


def entry(step, figures=FIGURES):
    images = np.zeros((10, 8, 8, 3), np.uint8)
    return make_entry("samples", step, "last", images, ("words", "key"), figures, FLOOR)


def test_one_entry_is_a_table_of_figures_with_their_floor_and_direction():
    lines = list(show_one(entry(5)))
    assert lines[0].split() == ["samples", "real", "better"]
    assert lines[1].split()[-3:] == ["36.7", "11.8", "lower"]
    assert lines[2].split() == ["at", "32", "pixels", "40", "9", "lower"]
    assert lines[3].split()[-3:] == ["0.5", "0.98", "higher"]
    assert len({line.rindex(line.split()[-1]) for line in lines}) == 1


def test_many_entries_are_a_line_each_and_the_reals_last():
    lines = list(show_many([entry(1000), entry(20000, {"swd": 12345.6})]))
    assert lines[0].split() == ["SWD", "recall", "copies"]
    assert lines[1].split() == ["step", "1,000", "36.7", "0.5", "0"]
    assert lines[2].split() == ["step", "20,000", "12,346"]
    assert lines[3].split() == ["real", "11.8", "0.98", "0.01"]
    assert lines[4].split() == ["better", "lower", "higher", "lower"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_curve_is_a_picture_also_of_one_checkpoint(count):
    data = draw_curve([entry(100 * step) for step in range(count)], "cost $1 of $2")
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == tuple(100 * inches for inches in INCHES)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_sheet_marks_near_copies_in_red(channels):
    cats = np.stack([draw_cat(index, 32) for index in range(12)])[..., :channels]
    samples, training = np.concatenate([cats[3:4], cats[8:]]), cats[:8]
    nearest = find_nearest(samples, training)
    shown = (
        Image.open(io.BytesIO(draw_sheet(samples, training, nearest, threshold, "title")))
        for threshold in (0.0, 0.1)
    )
    without, with_one = (count_red(picture) for picture in shown)
    assert without < with_one


def count_red(picture):
    return int((np.abs(np.asarray(picture, int) - ALARM).max(axis=2) < 40).sum())
