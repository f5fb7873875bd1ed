import numpy as np
import pytest
import tensorflow as tf

from catdcgan.layers import ops
from catdcgan.layers.replicas import ALONE, Replica, rows_of, within

v1 = tf.compat.v1
BATCH = 7
RANDOM = np.random.default_rng(0)
MAPS = RANDOM.normal(3.0, 2.0, (BATCH, 4, 4, 6)).astype(np.float32)
WEIGHTS = RANDOM.normal(size=MAPS.shape).astype(np.float32)


def normalise(count, dtype=tf.float32, *, jointly=True):
    """Return, from each replica: maps, their gradient, R1's way of differentiating, averages."""
    with tf.Graph().as_default():
        made, updates = [], []
        for index in range(count):
            rows = rows_of(index, count, BATCH)
            here = slice(rows.start, rows.stop)
            replica = ALONE
            if count > 1:
                replica = Replica(index, count, BATCH, normalises_jointly=jointly)
            with (
                tf.device(f"/cpu:{index}"),
                within(replica),
                v1.variable_scope(f"replica{index}"),
            ):
                x = tf.constant(MAPS[here])
                y = ops.batch_norm(
                    tf.cast(x, dtype), "norm", is_training=True, update_averages=True
                )
                score = tf.cast(y, tf.float32) * WEIGHTS[here] + tf.cast(y, tf.float32) ** 3
                (gradient,) = tf.gradients(replica.part(tf.reduce_mean(score)), x)
                (own,) = tf.gradients(tf.reduce_sum(score), x)
                penalty = replica.part(tf.reduce_mean(tf.square(own)))
                made.append([y, gradient, tf.gradients(penalty, x)[0]])
                scope = v1.get_variable_scope().name
                updates += v1.get_collection(v1.GraphKeys.UPDATE_OPS, scope)
        with v1.Session(config=v1.ConfigProto(device_count={"CPU": count})) as session:
            session.run(v1.global_variables_initializer())
            found, _ = session.run([made, updates])
            averages = [
                session.run(
                    [v for v in v1.global_variables(f"replica{index}/") if "moving" in v.name]
                )
                for index in range(count)
            ]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)], averages


@pytest.fixture(scope="module")
def alone():
    return normalise(1)


@pytest.mark.parametrize("count", [2, 3])
def test_maps_are_normalised_by_the_whole_batch(alone, count):
    (maps, _, _), _ = normalise(count)
    np.testing.assert_allclose(maps, alone[0][0], atol=1e-5)


@pytest.mark.parametrize("count", [2, 3])
def test_the_gradient_goes_through_the_statistics_of_the_whole_batch(alone, count):
    (_, gradient, _), _ = normalise(count)
    np.testing.assert_allclose(gradient, alone[0][1], atol=1e-6)


@pytest.mark.parametrize("count", [2, 3])
def test_so_does_the_gradient_of_a_gradient(alone, count):
    (_, _, second), _ = normalise(count)
    np.testing.assert_allclose(second, alone[0][2], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("jointly", [True, False])
def test_moving_averages_are_the_same_on_all_replicas(alone, jointly):
    _, averages = normalise(3, jointly=jointly)
    for other in averages[1:]:
        assert all(np.array_equal(*pair) for pair in zip(averages[0], other, strict=True))
    if jointly:
        for found, expected in zip(averages[0], alone[1][0], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_locally_each_replica_normalises_its_own_rows():
    (maps, _, _), _ = normalise(2, jointly=False)
    rows = rows_of(0, 2, BATCH)
    own = maps[rows.start : rows.stop]
    np.testing.assert_allclose(own.mean(axis=(0, 1, 2)), 0.0, atol=1e-5)


def test_in_bfloat16_the_statistics_stay_float32(alone):
    (maps, _, _), averages = normalise(2, tf.bfloat16)
    assert maps.dtype == tf.bfloat16.as_numpy_dtype
    np.testing.assert_allclose(maps.astype(np.float32), alone[0][0], atol=0.05)
    assert averages[0][0].dtype == np.float32
