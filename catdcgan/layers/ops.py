"""Layers: each opens its own variable scope and creates its variables with `get_variable`.

Variables are always float32. `dtype` is the type a layer computes in: with bfloat16 the inputs
and weights of convolutions and products are cast, batch-norm statistics stay float32.

The layers of `tf.compat.v1.layers` no longer run on today's TensorFlow; names of variables and
the arithmetic here are theirs, so that checkpoints of 2018 restore.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.layers.conv_gradients import quick_on_small_maps
from catdcgan.layers.initializers import (
    Initializer,
    constant,
    glorot_uniform,
    seeded,
    truncated_normal,
)
from catdcgan.layers.joint_batch_norm import normalise_jointly
from catdcgan.layers.replicas import current
from catdcgan.randomness.keys import fold_in_text

SUMS = 6  # along an axis; of so many, SAME aligns the middle
MOMENTS = "moments"  # the collection of all `Moments` of a graph


class Moments(NamedTuple):
    """What a batch norm met in its batch, and the variables of its moving averages."""

    mean: tf.Tensor
    variance: tf.Tensor
    moving_mean: tf.Variable
    moving_variance: tf.Variable


def dense(
    x: tf.Tensor,
    units: int,
    name: str,
    *,
    kernel_initializer: Initializer | None = None,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Apply a fully connected layer, `[N, features] -> [N, units]`."""
    with v1.variable_scope(name):
        shape = [x.shape[-1], units]
        kernel = _get_variable("kernel", shape, kernel_initializer or glorot_uniform())
        bias = _get_variable("bias", [units], constant(0.0))
        x = tf.matmul(tf.cast(x, dtype), tf.cast(kernel, dtype))
        return tf.nn.bias_add(x, tf.cast(bias, dtype))


def conv2d(
    x: tf.Tensor,
    filters: int,
    kernel_size: int,
    strides: int,
    name: str,
    *,
    kernel_initializer: Initializer | None = None,
    use_bias: bool = True,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Apply a SAME convolution, `[N, H, W, C] -> [N, ceil(H / strides), ..., filters]`."""
    with v1.variable_scope(name):
        shape = [kernel_size, kernel_size, x.shape[-1], filters]
        kernel = _get_variable("kernel", shape, kernel_initializer or truncated_normal(0.02))
        with quick_on_small_maps():
            x = tf.nn.conv2d(tf.cast(x, dtype), tf.cast(kernel, dtype), strides, "SAME")
        return _add_bias(x) if use_bias else x


def conv2d_transpose(
    x: tf.Tensor,
    filters: int,
    kernel_size: int,
    strides: int,
    name: str,
    *,
    kernel_initializer: Initializer | None = None,
    use_bias: bool = True,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Apply a SAME transposed convolution, `[N, H, W, C] -> [N, H * strides, ..., filters]`.

    The kernel is `[kernel_size, kernel_size, filters, C]`: outputs before inputs.
    """
    with v1.variable_scope(name):
        shape = [kernel_size, kernel_size, filters, x.shape[-1]]
        kernel = _get_variable("kernel", shape, kernel_initializer or truncated_normal(0.02))
        x = _enlarge(x, kernel, strides, dtype)
        return _add_bias(x) if use_bias else x


def upconv2d(
    x: tf.Tensor,
    filters: int,
    kernel_size: int,
    strides: int,
    name: str,
    *,
    upsampling: str,
    **options: Any,
) -> tf.Tensor:
    """Enlarge maps, `[N, H, W, C] -> [N, H * strides, ..., filters]`, in one of two ways.

    Args:
        upsampling: `transposed`, a transposed convolution; or `resize`: each pixel is repeated
            and a convolution of stride 1 follows, whose kernel is `[..., C, filters]`. That leaves
            no checkerboards; repeating pixels worked better than interpolating between them
            (Odena, Dumoulin & Olah, "Deconvolution and Checkerboard Artifacts", 2016).
        options: those of `conv2d_transpose`.
    """
    if upsampling == "transposed":
        return conv2d_transpose(x, filters, kernel_size, strides, name, **options)
    if strides == 1:
        return conv2d(x, filters, kernel_size, 1, name, **options)
    return _repeat_and_conv2d(x, filters, kernel_size, name, **options)


def _repeat_and_conv2d(
    x: tf.Tensor,
    filters: int,
    kernel_size: int,
    name: str,
    *,
    kernel_initializer: Initializer | None = None,
    use_bias: bool = True,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Repeat each pixel twice in both directions and apply a SAME convolution of stride 1.

    `kernel_size` is 5 or less. Computed as the transposed convolution of stride 2 that gives the
    same, with a third of the multiplications: repeated pixels meet sums of neighbouring weights.
    """
    with v1.variable_scope(name):
        shape = [kernel_size, kernel_size, x.shape[-1], filters]
        kernel = _get_variable("kernel", shape, kernel_initializer or truncated_normal(0.02))
        # Along each axis weight j of the sums is kernel[before + 2 - j] + kernel[before + 3 - j].
        before = (kernel_size - 1) // 2  # pixels that SAME adds in front
        sums = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
        front = before - kernel_size + 3
        for axis in (0, 1):
            first, second = ([[0, 0]] * 4 for _ in range(2))
            first[axis] = [front, SUMS - kernel_size - front]
            second[axis] = [front + 1, SUMS - kernel_size - front - 1]
            sums = tf.pad(sums, first) + tf.pad(sums, second)
        x = _enlarge(x, sums, 2, dtype)
        return _add_bias(x) if use_bias else x


def _enlarge(x: tf.Tensor, kernel: tf.Tensor, strides: int, dtype: tf.DType) -> tf.Tensor:
    """Convolve transposed, SAME, `[N, H, W, C]` and `[k, k, D, C] -> [N, H * strides, ..., D]`."""
    _, height, width, _ = x.shape
    output_shape = [tf.shape(x)[0], height * strides, width * strides, kernel.shape[2]]
    with quick_on_small_maps():
        return tf.nn.conv2d_transpose(
            tf.cast(x, dtype), tf.cast(kernel, dtype), output_shape, strides, "SAME"
        )


def batch_norm(
    x: tf.Tensor,
    name: str,
    *,
    is_training: bool,
    update_averages: bool = False,
    momentum: float = 0.99,
    epsilon: float = 1e-5,
    gamma_initializer: Initializer | None = None,
) -> tf.Tensor:
    """Normalise each channel, `[N, H, W, C]` or `[N, C]` -> the same shape, in the type of `x`.

    Args:
        is_training: normalise by the statistics of the batch, the whole one or this replica's part
            of it (`replicas`); otherwise by the moving averages.
        update_averages: add to UPDATE_OPS the ops that move the averages towards the batch.
    """
    if x.shape.rank == 2:
        pixels = batch_norm(
            x[:, None, None],  # a map of one pixel
            name,
            is_training=is_training,
            update_averages=update_averages,
            momentum=momentum,
            epsilon=epsilon,
            gamma_initializer=gamma_initializer,
        )
        return tf.squeeze(pixels, [1, 2])
    with v1.variable_scope(name):
        channels = [x.shape[-1]]
        gamma = _get_variable("gamma", channels, gamma_initializer or constant(1.0))
        beta = _get_variable("beta", channels, constant(0.0))
        moving_mean = _get_variable("moving_mean", channels, constant(0.0), trainable=False)
        moving_variance = _get_variable("moving_variance", channels, constant(1.0), trainable=False)
        if not is_training:
            return v1.nn.fused_batch_norm(
                x, gamma, beta, moving_mean, moving_variance, epsilon, is_training=False
            )[0]
        replica = current()
        if replica.normalises_jointly:
            x, mean, variance = normalise_jointly(x, gamma, beta, epsilon, replica)
        else:
            x, mean, variance = v1.nn.fused_batch_norm(x, gamma, beta, epsilon=epsilon)
            if update_averages and not replica.is_alone:
                # The averages are the same on all replicas, and so move alike.
                mean, variance = tf.unstack(replica.mean(tf.stack([mean, variance])))
        moments = Moments(mean, variance, moving_mean, moving_variance)
        v1.add_to_collection(MOMENTS, moments)
        if update_averages:
            # Subtracted in float32, as the old layers did: their averages continue bit-equal.
            decay = 1.0 - tf.constant(momentum)
            for average, value in ((moving_mean, mean), (moving_variance, variance)):
                update = average.assign_sub((average - value) * decay, read_value=False)
                v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, update)
        return x


def append_batch_deviation(x: tf.Tensor) -> tf.Tensor:
    """Append a map that tells how much a batch varies, `[N, H, W, C] -> [N, H, W, C + 1]`.

    All of the new map is one number: the deviation of each unit over the batch, averaged over the
    units. A generator whose pictures are alike is found out by it: "minibatch standard deviation",
    section 3 of Karras et al. 2018, "Progressive Growing of GANs".
    """
    _, variance = current().moments(x, [0])
    # The small number keeps the gradient of the root finite where a unit never moves.
    deviation = tf.reduce_mean(tf.sqrt(variance + 1e-8))
    return tf.concat([x, tf.zeros_like(x[..., :1]) + tf.cast(deviation, x.dtype)], axis=3)


def flatten(x: tf.Tensor) -> tf.Tensor:
    """Lay out each map in a row, `[N, H, W, C] -> [N, H * W * C]`."""
    return tf.reshape(x, [-1, math.prod(x.shape[1:])])


def dropout(x: tf.Tensor, rate: float, name: str, *, key: tf.Tensor) -> tf.Tensor:
    """Set a share of the numbers to 0 and scale up the others, in the shape and type of `x`.

    Args:
        rate: the share that is dropped, on average.
        key: int64 `[2]`; equal keys drop the same numbers of the layer called `name`.
    """
    if not rate:
        return x
    seed = fold_in_text(key, name)
    # In float32: random numbers in bfloat16 are so coarse that the share would be another.
    draws = current().draw(
        lambda rows: tf.random.stateless_uniform([rows, *x.shape[1:]], seed, alg="philox"), x
    )
    scaled = tf.cast(x, tf.float32) * (1 / (1 - rate))
    return tf.cast(tf.where(draws >= rate, scaled, 0.0), x.dtype, name=name)


def _add_bias(x: tf.Tensor) -> tf.Tensor:
    bias = _get_variable("bias", [x.shape[-1]], constant(0.0))
    return tf.nn.bias_add(x, tf.cast(bias, x.dtype))


def _get_variable(
    name: str, shape: Sequence[int], initializer: Initializer, *, trainable: bool = True
) -> tf.Variable:
    """Get or create a float32 variable; its name and the graph seed decide its initial values."""
    scope = v1.get_variable_scope().name
    return v1.get_variable(
        name,
        [int(n) for n in shape],
        tf.float32,
        seeded(initializer, f"{scope}/{name}"),
        trainable=trainable,
    )
