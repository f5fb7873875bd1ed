"""The quick gradients are those of TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.layers.conv_gradients import quick_on_small_maps

v1 = tf.compat.v1
RNG = np.random.default_rng(0)


def _gradients(build, *arrays):
    """Return the gradients of a weighted sum of `build(*arrays)`: plain and quick ones."""
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = [tf.constant(array, tf.float32) for array in arrays]
        plain = build(*inputs)
        with quick_on_small_maps():
            quick = build(*inputs)
        weights = tf.constant(RNG.normal(size=plain.shape), tf.float32)
        return session.run([tf.gradients(y * weights, inputs) for y in (plain, quick)])


@pytest.mark.parametrize("size", [2, 4, 7, 8, 15, 16, 32])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel_size", [3, 4, 5])
def test_a_convolution_has_the_same_gradients(size, strides, kernel_size):
    images = RNG.normal(size=(3, size, size, 4))
    kernel = RNG.normal(size=(kernel_size, kernel_size, 4, 6))
    plain, quick = _gradients(lambda x, k: tf.nn.conv2d(x, k, strides, "SAME"), images, kernel)
    for one, other in zip(plain, quick, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel_size", [4, 5])
def test_a_transposed_convolution_has_the_same_gradients(size, strides, kernel_size):
    maps = RNG.normal(size=(3, size, size, 6))
    kernel = RNG.normal(size=(kernel_size, kernel_size, 4, 6))
    shape = [3, size * strides, size * strides, 4]

    def build(x, k):
        return tf.nn.conv2d_transpose(x, k, shape, strides, "SAME")

    plain, quick = _gradients(build, maps, kernel)
    for one, other in zip(plain, quick, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_maps_of_other_height_than_width_have_the_same_gradients():
    images, kernel = RNG.normal(size=(2, 12, 16, 3)), RNG.normal(size=(5, 5, 3, 4))
    plain, quick = _gradients(lambda x, k: tf.nn.conv2d(x, k, 2, "SAME"), images, kernel)
    for one, other in zip(plain, quick, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_small_maps_take_the_other_way_and_large_ones_do_not():
    def kinds(size):
        with tf.Graph().as_default() as graph:
            images, kernel = tf.zeros([1, size, size, 1]), tf.zeros([5, 5, 1, 1])
            with quick_on_small_maps():
                maps = tf.nn.conv2d(images, kernel, 2, "SAME")
            tf.gradients(maps, kernel)
            return {op.type for op in graph.get_operations()}

    assert "Conv2DBackpropFilter" not in kinds(16)
    assert "Conv2DBackpropFilter" in kinds(32)


def test_gradients_of_gradients_are_the_same():
    images, kernel = RNG.normal(size=(2, 8, 8, 3)), RNG.normal(size=(5, 5, 3, 4))

    def build(x, k):
        maps = tf.nn.conv2d(x, k, 2, "SAME")
        return tf.square(tf.gradients(maps * maps, x)[0])

    plain, quick = _gradients(build, images, kernel)
    for one, other in zip(plain, quick, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-2)
