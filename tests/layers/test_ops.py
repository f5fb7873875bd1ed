import numpy as np
import pytest
import tensorflow as tf

from catdcgan.layers import initializers, ops

v1 = tf.compat.v1
RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(1)
        yield graph


def evaluate(fetches, values=None):
    """Run in a session whose variables have their initial values, or those given by name."""
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        for variable in v1.global_variables():
            if values and variable.op.name in values:
                variable.load(values[variable.op.name], session)
        return session.run(fetches)


def random(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def test_a_dense_layer_is_a_product_and_a_bias():
    x, kernel, bias = random(2, 3), random(3, 4), random(4)
    y = ops.dense(tf.constant(x), 4, "layer")
    given = {"layer/kernel": kernel, "layer/bias": bias}
    np.testing.assert_allclose(evaluate(y, given), x @ kernel + bias, rtol=1e-5)


def test_a_convolution_sums_the_window_under_the_kernel():
    x, kernel, bias = random(1, 4, 4, 2), random(3, 3, 2, 5), random(5)
    y = evaluate(
        ops.conv2d(tf.constant(x), 5, 3, 1, "layer"), {"layer/kernel": kernel, "layer/bias": bias}
    )
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    by_hand = np.einsum("hwc,hwcf->f", padded[0, 2:5, 1:4], kernel) + bias
    np.testing.assert_allclose(y[0, 2, 1], by_hand, rtol=1e-4, atol=1e-5)


def test_a_strided_convolution_divides_the_size():
    assert ops.conv2d(tf.zeros([1, 8, 8, 3]), 4, 5, 2, "layer").shape == [1, 4, 4, 4]


def test_a_transposed_convolution_is_the_adjoint_of_the_convolution():
    # <conv(a), b> = <a, conv_transpose(b)> for every a and b, with the same kernel.
    a, b = random(1, 8, 8, 3), random(1, 4, 4, 6)
    down = ops.conv2d(tf.constant(a), 6, 5, 2, "down")
    up = ops.conv2d_transpose(tf.constant(b), 3, 5, 2, "up")
    kernel = random(5, 5, 3, 6)
    down, up = evaluate([down, up], {"down/kernel": kernel, "up/kernel": kernel})
    np.testing.assert_allclose((down * b).sum(), (a * up).sum(), rtol=1e-4)


def test_batch_norm_normalises_each_channel_of_the_batch():
    x = random(6, 4, 4, 3) * [1, 5, 0.1] + [0, 3, -2]
    y = evaluate(ops.batch_norm(tf.constant(x, tf.float32), "layer", is_training=True))
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var((0, 1, 2)), x.var((0, 1, 2)) / (x.var((0, 1, 2)) + 1e-5), 1e-4)


def test_batch_norm_renders_with_its_moving_averages():
    x, mean, variance = random(2, 4, 4, 3), random(3), np.array([1, 4, 9], np.float32)
    y = ops.batch_norm(tf.constant(x), "layer", is_training=False)
    y = evaluate(y, {"layer/moving_mean": mean, "layer/moving_variance": variance})
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 1e-5), rtol=1e-4, atol=1e-5)


def test_an_update_moves_the_averages_one_hundredth_towards_the_batch(graph):
    x = random(6, 4, 4, 1)
    ops.batch_norm(tf.constant(x), "layer", is_training=True, update_averages=True)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        session.run(v1.get_collection(v1.GraphKeys.UPDATE_OPS))
        mean, variance = session.run(v1.global_variables()[2:])
    np.testing.assert_allclose(mean, 0.01 * x.mean(), rtol=1e-4)
    # The variance is the unbiased one, as in the fused layer of 2018.
    np.testing.assert_allclose(variance, 0.99 + 0.01 * x.var(ddof=1), rtol=1e-5)


def test_batch_norm_adds_no_updates_unless_asked():
    ops.batch_norm(tf.zeros([2, 4, 4, 1]), "layer", is_training=True)
    assert v1.get_collection(v1.GraphKeys.UPDATE_OPS) == []


def test_variables_stay_float32_in_bfloat16_arithmetic():
    x = ops.conv2d(tf.zeros([1, 8, 8, 3]), 4, 5, 2, "conv", dtype=tf.bfloat16)
    x = ops.batch_norm(x, "norm", is_training=True)
    ops.dense(tf.reshape(x, [1, 64]), 1, "dense", dtype=tf.bfloat16)
    assert x.dtype == tf.bfloat16
    assert {variable.dtype for variable in v1.global_variables()} == {tf.float32}


def test_initial_weights_depend_on_the_name_and_not_on_what_was_built_before():
    ops.dense(tf.zeros([1, 3]), 4, "first")
    ops.dense(tf.zeros([1, 3]), 4, "second")
    first, second = evaluate(v1.trainable_variables()[::2])
    with tf.Graph().as_default():
        v1.set_random_seed(1)
        ops.dense(tf.zeros([1, 3]), 4, "second")
        alone = evaluate(v1.trainable_variables()[0])
    assert np.array_equal(second, alone)
    assert not np.array_equal(first, second)


def test_kernels_are_truncated_normal_and_dense_layers_glorot_uniform():
    ops.conv2d(tf.zeros([1, 8, 8, 16]), 64, 5, 2, "conv")
    ops.dense(tf.zeros([1, 100]), 500, "dense")
    conv, _, dense, _ = evaluate(v1.trainable_variables())
    assert np.abs(conv).max() <= 0.04  # two standard deviations
    assert conv.std() == pytest.approx(0.02 * 0.8796, rel=0.02)  # what truncation leaves of it
    assert np.abs(dense).max() <= 0.1  # sqrt(6 / (100 + 500))
    assert dense.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_upsampling_by_resizing_repeats_each_pixel_and_convolves(dtype):
    x, kernel = random(2, 3, 4, 2), random(1, 1, 2, 5)
    y = ops.upconv2d(tf.constant(x), 5, 1, 2, "layer", upsampling="resize", dtype=dtype)
    assert y.dtype == dtype
    y = evaluate(tf.cast(y, tf.float32), {"layer/kernel": kernel})
    repeated = x.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(y, repeated @ kernel[0, 0], rtol=0.05, atol=0.05)


@pytest.mark.parametrize("kernel_size", [1, 3, 4, 5])
def test_upsampling_by_resizing_is_what_its_two_steps_give(kernel_size):
    x = tf.constant(random(2, 5, 6, 3))
    y = ops.upconv2d(x, 4, kernel_size, 2, "layer", upsampling="resize")
    with v1.variable_scope("", reuse=True):
        repeated = tf.image.resize(x, [10, 12], "nearest")
        same = ops.conv2d(repeated, 4, kernel_size, 1, "layer")
    np.testing.assert_allclose(*evaluate([y, same]), atol=1e-6)


@pytest.mark.parametrize(("upsampling", "even"), [("transposed", False), ("resize", True)])
def test_only_resizing_keeps_an_even_map_even(upsampling, even):
    """What a kernel makes of a map without features has none either: no checkerboard."""
    y = ops.upconv2d(tf.ones([1, 8, 8, 2]), 3, 5, 2, "layer", upsampling=upsampling)
    inner = evaluate(y)[:, 4:-4, 4:-4]
    assert np.allclose(inner, inner[:, :1, :1], atol=1e-6) == even


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_a_generator_learns_through_resizing(dtype):
    x = tf.constant(random(1, 2, 2, 1))
    y = ops.upconv2d(x, 1, 3, 2, "layer", upsampling="resize", use_bias=False, dtype=dtype)
    (gradient,) = tf.gradients(tf.reduce_sum(tf.cast(y, tf.float32)), x)
    gradient = evaluate(gradient, {"layer/kernel": np.ones([3, 3, 1, 1])})
    # Each pixel fills 2x2; the window of 3x3 sees each of these 9 times, less at the border.
    np.testing.assert_allclose(gradient, np.full([1, 2, 2, 1], 25.0))


def test_transposed_upsampling_is_the_transposed_convolution():
    x = tf.constant(random(1, 4, 4, 3))
    y = ops.upconv2d(x, 2, 5, 2, "layer", upsampling="transposed")
    with v1.variable_scope("", reuse=True):
        same = ops.conv2d_transpose(x, 2, 5, 2, "layer")
    assert np.array_equal(*evaluate([y, same]))


def test_batch_norm_of_rows_is_that_of_maps_of_one_pixel():
    x = random(8, 3)
    y = ops.batch_norm(tf.constant(x), "layer", is_training=True, update_averages=True)
    assert y.shape == [8, 3]
    np.testing.assert_allclose(evaluate(y), (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5), atol=1e-5)
    assert len(v1.get_collection(v1.GraphKeys.UPDATE_OPS)) == 2


def test_the_initial_scales_of_batch_norm_can_be_drawn():
    draw = initializers.normal(1.0, 0.02)
    ops.batch_norm(tf.zeros([2, 2000]), "layer", is_training=True, gamma_initializer=draw)
    gamma = evaluate(v1.trainable_variables()[0])
    assert gamma.mean() == pytest.approx(1, abs=0.002)
    assert gamma.std() == pytest.approx(0.02, rel=0.1)


def drop(key, name="dropout1", rate=0.7, dtype=tf.float32):
    x = tf.ones([100, 100], dtype)
    return evaluate(tf.cast(ops.dropout(x, rate, name, key=tf.constant(key, tf.int64)), tf.float32))


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_dropout_drops_its_share_and_scales_up_the_rest(dtype):
    dropped = drop([1, 2], dtype=dtype)
    assert (dropped == 0).mean() == pytest.approx(0.7, abs=0.02)
    assert dropped.max() == pytest.approx(1 / 0.3, rel=0.01)


def test_dropout_is_a_function_of_its_key_and_its_name():
    assert np.array_equal(drop([1, 2]), drop([1, 2]))
    for other in (drop([1, 3]), drop([2, 2]), drop([1, 2], "dropout2")):
        assert not np.array_equal(drop([1, 2]), other)


def test_without_a_rate_nothing_is_dropped():
    assert drop([1, 2], rate=0.0).min() == 1


def test_a_layer_without_a_bias_has_a_kernel_alone():
    ops.conv2d(tf.zeros([1, 4, 4, 1]), 2, 3, 1, "down", use_bias=False)
    ops.conv2d_transpose(tf.zeros([1, 4, 4, 1]), 2, 3, 1, "up", use_bias=False)
    assert [v.op.name for v in v1.global_variables()] == ["down/kernel", "up/kernel"]


def test_the_appended_map_is_the_mean_deviation_over_the_batch():
    x = np.zeros([2, 2, 2, 1], np.float32)
    x[0, 0, 0], x[1, 0, 0] = 1, 5  # of four units one deviates, by 2
    y = evaluate(ops.append_batch_deviation(tf.constant(x)))
    np.testing.assert_array_equal(y[..., :1], x)
    np.testing.assert_allclose(y[..., 1], 0.5, rtol=1e-3)


def test_a_batch_of_equal_pictures_has_no_deviation_and_a_finite_gradient():
    x = tf.ones([3, 2, 2, 4])
    y = ops.append_batch_deviation(x)[..., 4:]
    deviation, gradient = evaluate([y, tf.gradients(y, x)[0]])
    np.testing.assert_allclose(deviation, 0, atol=1e-3)
    assert np.isfinite(gradient).all()
