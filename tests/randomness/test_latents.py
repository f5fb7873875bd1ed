import numpy as np
import pytest

from catdcgan.randomness.latents import sample_z, training_z
from catdcgan.randomness.streams import Purpose


def test_the_latent_of_a_seed_is_a_philox_stream_keyed_by_it():
    stream = np.random.Generator(np.random.Philox(key=42))
    expected = stream.uniform(-1, 1, 100).astype(np.float32)
    assert np.array_equal(sample_z("uniform", [42], 100)[0], expected)


def test_a_seed_has_the_same_latent_whatever_stands_beside_it():
    alone, among = sample_z("uniform", [7], 16), sample_z("uniform", [3, 7, 5], 16)
    assert np.array_equal(alone[0], among[1])


def test_training_latents_are_a_function_of_the_seed_and_the_step():
    first = training_z("uniform", 1, 10, 4, 8)
    assert np.array_equal(first, training_z("uniform", 1, 10, 4, 8))
    assert not np.array_equal(first, training_z("uniform", 1, 11, 4, 8))
    assert not np.array_equal(first, training_z("uniform", 2, 10, 4, 8))


def test_uniform_latents_fill_the_interval_from_minus_one_to_one():
    z = training_z("uniform", 0, 0, 100, 100)
    assert z.dtype == np.float32
    assert -1 <= z.min() < -0.99
    assert 0.99 < z.max() <= 1
    assert abs(z.mean()) < 0.02


def test_normal_latents_have_mean_0_and_deviation_1():
    z = training_z("normal", 0, 0, 100, 1000)
    assert z.mean() == pytest.approx(0, abs=0.02)
    assert z.std() == pytest.approx(1, abs=0.02)


def test_halved_normal_latents_have_mean_and_deviation_of_one_half():
    z = training_z("halved_normal", 0, 0, 100, 1000)
    assert z.mean() == pytest.approx(-0.5, abs=0.02)
    assert z.std() == pytest.approx(0.5, abs=0.02)


def test_the_fresh_latents_of_a_step_are_others():
    first = training_z("normal", 1, 10, 4, 8)
    fresh = training_z("normal", 1, 10, 4, 8, Purpose.GENERATOR_Z)
    assert not np.isin(fresh, first).any()
