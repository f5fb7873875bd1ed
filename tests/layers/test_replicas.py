import numpy as np
import pytest
import tensorflow as tf

from catdcgan.layers.replicas import ALONE, Replica, current, rows_of, within

v1 = tf.compat.v1
BATCH = 7  # two replicas see 4 and 3 rows of it
ROWS = np.random.default_rng(0).normal(2.0, 3.0, (BATCH, 5)).astype(np.float32)


def on_each(count, compute, **options):
    """Return what each replica makes of its rows: `compute(replica, rows) -> tensors`."""
    with tf.Graph().as_default():
        made = []
        for index in range(count):
            with tf.device(f"/cpu:{index}"):
                rows = rows_of(index, count, BATCH)
                replica = Replica(index, count, BATCH, **options) if count > 1 else ALONE
                made.append(compute(replica, tf.constant(ROWS[rows.start : rows.stop])))
        with v1.Session(config=v1.ConfigProto(device_count={"CPU": count})) as session:
            return session.run(made)


@pytest.mark.parametrize(("count", "batch_size"), [(1, 5), (2, 7), (3, 8), (4, 4)])
def test_each_row_is_seen_by_one_replica_and_the_shares_differ_by_one_at_most(count, batch_size):
    shares = [rows_of(index, count, batch_size) for index in range(count)]
    assert [row for share in shares for row in share] == list(range(batch_size))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("count", [2, 3])
def test_a_mean_over_the_own_rows_becomes_that_of_the_batch(count):
    means = on_each(count, lambda replica, x: replica.mean(tf.reduce_mean(x, 0)))
    for mean in means:
        np.testing.assert_allclose(mean, ROWS.mean(0), rtol=1e-6)
    assert all(np.array_equal(means[0], mean) for mean in means)


def test_what_travels_as_one_arrives_in_its_shapes():
    def compute(replica, x):
        return replica.totals([tf.reduce_sum(x), tf.reduce_sum(x, 0), tf.ones([2, 3, 1])])

    for total, by_column, ones in on_each(2, compute):
        assert total == pytest.approx(ROWS.sum(), rel=1e-6)
        np.testing.assert_allclose(by_column, ROWS.sum(0), rtol=1e-5)
        assert np.array_equal(ones, np.full([2, 3, 1], 2.0))


@pytest.mark.parametrize("count", [2, 3])
def test_the_gradient_of_the_parts_of_a_loss_is_that_of_the_whole_batch(count):
    def compute(replica, x):
        # Each row is judged by the mean of all.
        loss = replica.part(tf.reduce_mean(tf.square(x - replica.mean(tf.reduce_mean(x, 0)))))
        return tf.gradients(loss, x)[0]

    (expected,) = on_each(1, compute)
    np.testing.assert_allclose(np.concatenate(on_each(count, compute)), expected, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_mean_and_variance_are_those_of_the_whole_batch(count):
    for mean, variance in on_each(count, lambda replica, x: replica.moments(x, [0])):
        np.testing.assert_allclose(mean, ROWS.mean(0), rtol=1e-5)
        np.testing.assert_allclose(variance, ROWS.var(0), rtol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_variance_can_be_differentiated_twice(count):
    def compute(replica, x):
        _, variance = replica.moments(x, [0])
        (gradient,) = tf.gradients(replica.part(tf.reduce_sum(variance**2)) * 1.0, x)
        return tf.gradients(tf.reduce_sum(gradient**2), x)[0]

    # With f = sum(v^2), v = mean((x - m)^2): df/dx = 4 v (x - m) / N; the length of that squared
    # is 16 v^3 / N summed over columns, whose gradient is 96 v^2 (x - m) / N^2.
    variance = ROWS.var(0)
    expected = 96 * variance**2 * (ROWS - ROWS.mean(0)) / BATCH**2
    found = np.concatenate(on_each(count, compute))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("axis", [0, 1])
def test_each_row_is_given_the_same_numbers_whoever_sees_it(count, axis):
    def compute(replica, x):
        def draw(rows):
            shape = [rows, 2] if axis == 0 else [2, rows]
            return tf.random.stateless_uniform(shape, [1, 2], alg="philox")

        # Two batches at once, as reals and fakes in one.
        return replica.draw(draw, tf.concat([x, x], 0), axis)

    (whole,) = on_each(1, compute)
    shares = on_each(count, compute)
    halves = np.split(whole, 2, axis)
    for index, share in enumerate(shares):
        rows = rows_of(index, count, BATCH)
        own = [np.take(half, list(rows), axis) for half in halves]
        assert np.array_equal(share, np.concatenate(own, axis))


def test_a_single_replica_adds_nothing_to_the_graph():
    with tf.Graph().as_default() as graph:
        x = tf.constant(ROWS)
        before = len(graph.get_operations())
        assert ALONE.total(x) is ALONE.mean(x) is ALONE.part(x) is ALONE.totals([x])[0] is x
        assert len(graph.get_operations()) == before


def test_layers_are_alone_unless_they_are_built_within_a_replica():
    replica = Replica(0, 2, 4)
    with within(replica):
        assert current() is replica
    assert current() is ALONE
