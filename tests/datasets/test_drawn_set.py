import numpy as np

from catdcgan.datasets import drawn_set
from catdcgan.datasets.drawn_cats import draw_cat


def test_the_set_is_the_cats_in_their_order():
    cats = drawn_set.draw_cats(70, 16)  # more than one task draws at once
    assert cats.shape == (70, 16, 16, 3)
    assert np.array_equal(cats[69], draw_cat(69, 16))


def test_the_set_is_drawn_once_a_size(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(drawn_set, "COUNT", 3)
    drawn = drawn_set.load_drawn_cats(16)
    monkeypatch.setattr(drawn_set, "draw_cats", None)
    assert np.array_equal(drawn_set.load_drawn_cats(16), drawn)
