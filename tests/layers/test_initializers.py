import numpy as np
import pytest
import tensorflow as tf

from catdcgan.layers import initializers

v1 = tf.compat.v1
SHAPE = [100, 500]


def draw(initializer, name="layer/kernel", graph_seed=1):
    with tf.Graph().as_default():
        v1.set_random_seed(graph_seed)
        values = initializers.seeded(initializer, name)(SHAPE)
        with v1.Session() as session:
            return session.run(values)


def test_truncated_normal_values_end_at_two_deviations():
    values = draw(initializers.truncated_normal(0.02))
    assert 0.039 < np.abs(values).max() <= 0.04
    assert values.mean() == pytest.approx(0, abs=0.001)
    assert values.std() == pytest.approx(0.02 * 0.8796, rel=0.02)  # what truncation leaves of it


def test_normal_values_have_the_mean_and_the_deviation():
    values = draw(initializers.normal(1.0, 0.02))
    assert values.mean() == pytest.approx(1, abs=0.001)
    assert values.std() == pytest.approx(0.02, rel=0.02)


def test_glorot_values_are_even_within_their_limit():
    values = draw(initializers.glorot_uniform())
    assert 0.099 < np.abs(values).max() <= 0.1  # sqrt(6 / (100 + 500))
    assert values.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)


def test_constant_values_are_all_the_same():
    assert np.array_equal(draw(initializers.constant(3.0)), np.full(SHAPE, 3.0, np.float32))


def test_values_depend_on_the_name_and_the_seed_of_the_graph_alone():
    normal = initializers.normal(0.0, 1.0)
    assert np.array_equal(draw(normal), draw(normal))
    assert not np.array_equal(draw(normal), draw(normal, name="layer/bias"))
    assert not np.array_equal(draw(normal), draw(normal, graph_seed=2))
