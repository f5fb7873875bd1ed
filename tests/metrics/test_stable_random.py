import numpy as np

from catdcgan.metrics.stable_random import stable_normals, stable_order


def test_the_numbers_are_those_of_every_other_version():
    # Written down once: caches and published figures depend on them.
    expected = [-1.4728982259526953, 0.01753088429489712, 3.8996932130910085, 0.6506645433439108]
    np.testing.assert_allclose(stable_normals("a test", (2, 2)).ravel(), expected, rtol=1e-12)


def test_the_numbers_are_normal():
    numbers = stable_normals("many", (50_001,))
    assert abs(numbers.mean()) < 0.02
    assert abs(numbers.std() - 1) < 0.02
    assert abs(np.mean(np.abs(numbers) < 1) - 0.6827) < 0.01


def test_two_purposes_have_different_numbers():
    assert abs(np.corrcoef(stable_normals("a", (999,)), stable_normals("b", (999,)))[0, 1]) < 0.2


def test_an_order_is_a_shuffle_of_its_own():
    order = stable_order("a test", 100)
    assert sorted(order) == list(range(100))
    assert list(order) != list(stable_order("another", 100))
