"""The DCGAN with 4x4 kernels and no bias (avillemin/GANs, after diegoalejogm/gans), at any width.

| symbol | shape at 64 grey pixels, base_filters 128 | description |
|---|---|---|
| z      | [N, 100]         | latents |
| images | [N, 64, 64, 1]   | pictures, floats in [-1, 1] |
| logits | [N, 1]           | real (positive) or fake (negative) |

The first map of the generator and the last of the discriminator are 4x4 pixels at every size: one
layer fewer at 32 pixels, one more at 128.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from catdcgan.layers import initializers, ops

KERNEL_SIZE = 4
LEAKY_SLOPE = 0.2
STDDEV = 0.02  # of the initial weights
MOMENTUM = 0.9  # of the moving averages; PyTorch, the article's, calls it 0.1
FIRST = 4  # pixels of the generator's first map


def generator(
    z: tf.Tensor,
    *,
    image_size: int,
    channels: int,
    base_filters: int,
    upsampling: str,
    gamma_mean: float,
    is_training: bool,
    update_averages: bool,
    dtype: tf.DType,
) -> tf.Tensor:
    """Turn latents into pictures, `[N, z_dim] -> float32 [N, image_size, image_size, channels]`."""

    def upconv(x: tf.Tensor, filters: int, name: str) -> tf.Tensor:
        return ops.upconv2d(
            x,
            filters,
            KERNEL_SIZE,
            2,
            name,
            upsampling=upsampling,
            kernel_initializer=initializers.normal(0.0, STDDEV),
            use_bias=False,
            dtype=dtype,
        )

    def batch_norm(x: tf.Tensor, name: str) -> tf.Tensor:
        return ops.batch_norm(
            x,
            name,
            is_training=is_training,
            update_averages=update_averages,
            momentum=MOMENTUM,
            gamma_initializer=initializers.normal(gamma_mean, STDDEV),
        )

    filters = base_filters * image_size // FIRST // 2
    x = ops.dense(z, FIRST * FIRST * filters, "dense", dtype=dtype)
    x = tf.reshape(x, [-1, FIRST, FIRST, filters])  # [N, 4, 4, 1024]
    for index in range(1, _doublings(image_size)):  # [N, 8, 8, 512] ... [N, 32, 32, 128]
        filters //= 2
        x = upconv(x, filters, f"trans_conv{index}")
        x = tf.nn.relu(batch_norm(x, f"batch_trans_conv{index}"))
    x = upconv(x, channels, "logits")  # [N, 64, 64, 1]
    return tf.tanh(tf.cast(x, tf.float32))


def discriminator(
    images: tf.Tensor,
    *,
    base_filters: int,
    gamma_mean: float,
    d_norm: str,
    minibatch_stddev: bool,
    update_averages: bool,
    dtype: tf.DType,
) -> tf.Tensor:
    """Judge pictures, `[N, H, W, C] -> float32 logits [N, 1]`.

    Batch norm uses the statistics of the batch, in training and out of it.
    """

    def conv(x: tf.Tensor, filters: int, index: int) -> tf.Tensor:
        return ops.conv2d(
            x,
            filters,
            KERNEL_SIZE,
            2,
            f"conv{index}",
            kernel_initializer=initializers.normal(0.0, STDDEV),
            use_bias=False,
            dtype=dtype,
        )

    def batch_norm(x: tf.Tensor, index: int) -> tf.Tensor:
        if d_norm not in ("batch", "inner"):  # the first layer has none in any case
            return x
        return ops.batch_norm(
            x,
            f"batch_norm{index}",
            is_training=True,
            update_averages=update_averages,
            momentum=MOMENTUM,
            gamma_initializer=initializers.normal(gamma_mean, STDDEV),
        )

    filters = base_filters
    x = tf.nn.leaky_relu(conv(images, filters, 1), LEAKY_SLOPE)  # [N, 32, 32, 128]
    for index in range(2, _doublings(images.shape[1]) + 1):  # [N, 16, 16, 256] ... [N, 4, 4, 1024]
        filters *= 2
        x = tf.nn.leaky_relu(batch_norm(conv(x, filters, index), index), LEAKY_SLOPE)
    if minibatch_stddev:
        x = ops.append_batch_deviation(x)  # [N, 4, 4, 1025]
    return tf.cast(ops.dense(ops.flatten(x), 1, "dense", dtype=dtype), tf.float32)  # [N, 1]


def read_settings(shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Read off the shapes of a checkpoint's generator the settings that they tell.

    Raises:
        KeyError: a variable that tells them is missing.
        ValueError: a shape is none of these networks.
    """
    z_dim, units = shapes["generator/dense/kernel"]
    filters = units // FIRST**2
    *_, first, second = shapes["generator/trans_conv1/kernel"]
    resized = (first, second) == (filters, filters // 2)
    layers = sum(bool(re.fullmatch(r"generator/trans_conv\d+/kernel", name)) for name in shapes)
    image_size = FIRST * 2 ** (layers + 1)
    return {
        "image_size": image_size,
        "base_filters": filters * FIRST * 2 // image_size,
        "z_dim": z_dim,
        "channels": shapes["generator/logits/kernel"][3 if resized else 2],
        "upsampling": "resize" if resized else "transposed",
    }


def _doublings(image_size: int) -> int:
    """Return how often the first map's width doubles until it is the picture's."""
    return (image_size // FIRST).bit_length() - 1
