import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from catdcgan.datasets.drawn_cats import COUNT, draw_cat


@pytest.fixture(scope="module")
def cats() -> np.ndarray:
    """The first cats, float32 [200, 64, 64, 3]."""
    return np.stack([draw_cat(index, 64) for index in range(200)]).astype(np.float32)


def _mean_difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(np.float32) - second.astype(np.float32)).mean())


def test_the_same_index_gives_the_same_bytes():
    assert draw_cat(7, 128).tobytes() == draw_cat(7, 128).tobytes()


@pytest.mark.parametrize("image_size", [16, 32, 64, 100, 128, 256])
def test_a_cat_is_a_picture_of_the_size_asked_for(image_size):
    cat = draw_cat(3, image_size)
    assert cat.shape == (image_size, image_size, 3)
    assert cat.dtype == np.uint8
    assert cat.flags.c_contiguous


def test_the_last_cat_can_be_drawn():
    assert draw_cat(COUNT - 1, 64).std() > 10


def test_different_indices_are_clearly_different_cats(cats):
    small = cats[:, ::4, ::4].reshape(len(cats), -1)
    nearest = min(np.abs(small[:i] - small[i]).mean(axis=1).min() for i in range(1, len(small)))
    assert nearest > 3


@pytest.mark.parametrize(("small", "large"), [(32, 64), (64, 128), (128, 256)])
def test_a_cat_is_the_same_picture_at_twice_the_size(small, large):
    for index in range(5):
        reduced = np.asarray(Image.fromarray(draw_cat(index, large)).reduce(large // small))
        same = _mean_difference(draw_cat(index, small), reduced)
        other = _mean_difference(draw_cat(index + 1, small), reduced)
        assert same < min(2, other / 4)


def test_coats_come_in_many_colours(cats):
    between_the_eyes = cats[:, 28, 32]
    assert between_the_eyes.std(axis=0).min() > 30


def test_backgrounds_come_in_many_colours(cats):
    between_the_ears = cats[:, 2, 32]
    assert between_the_ears.std(axis=0).min() > 15


def test_the_average_cat_is_nearly_symmetric(cats):
    average = cats.mean(axis=0)
    assert _mean_difference(average, average[:, ::-1]) < 5


@pytest.mark.parametrize("side", [-1, 1])
def test_eyes_are_about_where_the_average_cat_has_them(cats, side):
    # Pupils are the darkest thing in that part of the average, or they would not be aligned.
    average = cats.mean(axis=(0, 3))[:, ::side]
    y, x = np.unravel_index(np.argmin(average[16:40, 10:32]), (24, 22))
    assert abs(y + 16 - 28.5) < 4
    assert abs(x + 10 - 21.5) < 4


def test_faces_stand_out_from_their_background(cats):
    faces, corners = cats[:, 16:24, 28:36].mean(axis=(1, 2)), cats[:, 0, 0]
    contrast = np.abs(faces - corners).max(axis=-1)
    assert np.median(contrast) > 30


def test_drawing_in_threads_equals_drawing_in_sequence(cats):
    with ThreadPoolExecutor(4) as threads:
        drawn_in_threads = np.stack(list(threads.map(lambda index: draw_cat(index, 64), range(32))))
    np.testing.assert_array_equal(drawn_in_threads, cats[:32])


def test_the_cats_are_the_same_whatever_numpy_computes_with():
    # Those of the 64-pixel set that AVX-512 drew otherwise while the angle was in single precision.
    program = """
import hashlib, numpy as np
from catdcgan.datasets.drawn_cats import draw_cat
cats = np.stack([draw_cat(index, 64) for index in (69, 425, 512, 1111, 2209, 3349)])
print(hashlib.sha256(cats.tobytes()).hexdigest())
"""
    found = set()
    for disabled in ("", "X86_V4 AVX512_ICL AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL"):
        environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": disabled}
        command = [sys.executable, "-W", "ignore", "-c", program]
        found.add(subprocess.run(command, env=environment, capture_output=True, text=True).stdout)
    assert len(found) == 1
    assert len(found.pop()) == 65
