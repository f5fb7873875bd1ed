import contextlib
import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.preparation.duplicates import Duplicate, Signatures, find_duplicates, signature_of


@pytest.fixture(scope="module")
def cats():
    """Return 60 drawn cats, uint8 [60, 64, 64, 3]."""
    return [draw_cat(index, 64) for index in range(60)]


def found_in(pictures, **options):
    with contextlib.closing(Signatures(len(pictures))) as signatures:
        for row, picture in enumerate(pictures):
            signatures.put(row, signature_of(np.asarray(picture)))
        return find_duplicates(signatures, **options)


def as_jpeg(cat):
    buffer = io.BytesIO()
    Image.fromarray(cat).save(buffer, "JPEG", quality=60)
    return np.asarray(Image.open(buffer))


def halved(cat):
    return np.asarray(Image.fromarray(cat).resize((32, 32)).resize((64, 64)))


def brightened(cat):
    return np.asarray(ImageEnhance.Brightness(Image.fromarray(cat)).enhance(1.05))


def test_different_cats_are_no_duplicates(cats):
    assert found_in(cats) == {}


def test_the_same_pixels_are_an_exact_duplicate_of_the_first(cats):
    found = found_in([cats[0], cats[1], cats[0], cats[0]])
    assert found == {2: Duplicate(0, exact=True), 3: Duplicate(0, exact=True)}


@pytest.mark.parametrize("change", [as_jpeg, halved, brightened])
def test_a_picture_saved_again_is_a_near_duplicate(cats, change):
    changed = [change(cat) for cat in cats]
    found = found_in(cats + changed)
    assert found == {60 + index: Duplicate(index, exact=False) for index in range(60)}


def test_near_duplicates_can_be_kept(cats):
    assert found_in([cats[0], as_jpeg(cats[0]), cats[0]], near=False) == {2: Duplicate(0, True)}


def test_what_is_named_is_always_a_picture_that_is_kept(cats):
    near = as_jpeg(cats[0])
    found = found_in([cats[0], near, cats[1], near])
    assert found == {1: Duplicate(0, exact=False), 3: Duplicate(0, exact=False)}


def test_pictures_that_show_nothing_are_only_exact_duplicates():
    plain = [np.full((16, 16, 3), value, np.uint8) for value in (0, 1, 2, 255, 1)]
    assert found_in(plain) == {4: Duplicate(1, exact=True)}


def test_the_same_shape_in_another_colour_is_another_picture(cats):
    assert found_in([cats[0], cats[0][..., ::-1]]) == {}


def test_it_agrees_with_comparing_all_with_all():
    random = np.random.default_rng(0)
    base = random.integers(0, 2**8, (40, 8, 8, 3), dtype=np.uint8)
    noise = random.integers(-60, 61, (40, 4, 8, 8, 3))
    pictures = np.clip(base[:, None] + 0.3 * noise, 0, 255)
    pictures = pictures.reshape(-1, 8, 8, 3).astype(np.uint8)
    found = found_in(pictures)
    for index in range(len(pictures)):
        earlier = [kept for kept in range(index) if kept not in found]
        alone = [kept for kept in earlier if 1 in found_in([pictures[kept], pictures[index]])]
        assert (index in found) == bool(alone)
        if alone:
            assert found[index].of == alone[0]


def test_no_pictures_have_no_duplicates():
    assert found_in([]) == {}
