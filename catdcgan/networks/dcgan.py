"""The 128x128 cat DCGAN of T. Simonini (2018), at any width and at 32 to 256 pixels.

| symbol | shape at 128 pixels, base_filters 64 | description |
|---|---|---|
| z      | [N, 100]          | latents |
| images | [N, 128, 128, 3]  | pictures, floats in [-1, 1] |
| logits | [N, 1]            | real (positive) or fake (negative) |

The layers are the same at every size: the first map of the generator and the last of the
discriminator are `image_size / 16` pixels wide. Names of variables are an interface: the
author's published checkpoint holds them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from catdcgan.layers import ops

KERNEL_SIZE = 5
LEAKY_SLOPE = 0.2
SCALE = 16  # the first map is image_size / SCALE pixels wide


def generator(
    z: tf.Tensor,
    *,
    image_size: int,
    base_filters: int,
    channels: int = 3,
    upsampling: str = "transposed",
    is_training: bool,
    update_averages: bool = False,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Turn latents into pictures, `[N, z_dim] -> float32 [N, image_size, image_size, channels]`."""

    def upconv(x: tf.Tensor, filters: int, strides: int, name: str) -> tf.Tensor:
        return ops.upconv2d(
            x, filters, KERNEL_SIZE, strides, name, upsampling=upsampling, dtype=dtype
        )

    def trans_conv(x: tf.Tensor, filters: int, index: int) -> tf.Tensor:
        x = upconv(x, filters, 2, f"trans_conv{index}")
        name = f"batch_trans_conv{index}"
        x = ops.batch_norm(x, name, is_training=is_training, update_averages=update_averages)
        return tf.nn.leaky_relu(x, LEAKY_SLOPE)

    first = image_size // SCALE
    x = ops.dense(z, first * first * 16 * base_filters, "dense", dtype=dtype)
    x = tf.reshape(x, [-1, first, first, 16 * base_filters])
    x = tf.nn.leaky_relu(x, LEAKY_SLOPE)  # [N, 8, 8, 1024]
    x = trans_conv(x, 8 * base_filters, 1)  # [N, 16, 16, 512]
    x = trans_conv(x, 4 * base_filters, 2)  # [N, 32, 32, 256]
    x = trans_conv(x, 2 * base_filters, 3)  # [N, 64, 64, 128]
    x = trans_conv(x, base_filters, 4)  # [N, 128, 128, 64]
    x = upconv(x, channels, 1, "logits")  # [N, 128, 128, 3]
    return tf.tanh(tf.cast(x, tf.float32))


def discriminator(
    images: tf.Tensor,
    *,
    base_filters: int,
    d_norm: str = "batch",
    minibatch_stddev: bool = False,
    update_averages: bool = False,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Judge pictures, `[N, H, W, C] -> float32 logits [N, 1]`.

    Batch norm uses the statistics of the batch, in training and out of it.
    """

    def conv(x: tf.Tensor, filters: int, strides: int, index: int) -> tf.Tensor:
        x = ops.conv2d(x, filters, KERNEL_SIZE, strides, f"conv{index}", dtype=dtype)
        if d_norm == "batch" or (d_norm == "inner" and index > 1):
            name = f"batch_norm{index}"
            x = ops.batch_norm(x, name, is_training=True, update_averages=update_averages)
        return tf.nn.leaky_relu(x, LEAKY_SLOPE)

    x = conv(images, base_filters, 2, 1)  # [N, 64, 64, 64]
    x = conv(x, 2 * base_filters, 2, 2)  # [N, 32, 32, 128]
    x = conv(x, 4 * base_filters, 2, 3)  # [N, 16, 16, 256]
    x = conv(x, 8 * base_filters, 1, 4)  # [N, 16, 16, 512]
    x = conv(x, 16 * base_filters, 2, 5)  # [N, 8, 8, 1024]
    if minibatch_stddev:
        x = ops.append_batch_deviation(x)  # [N, 8, 8, 1025]
    x = ops.flatten(x)  # [N, 65536 or 65600]
    return tf.cast(ops.dense(x, 1, "dense", dtype=dtype), tf.float32)  # [N, 1]


def read_settings(shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Read off the shapes of a checkpoint's generator the settings that they tell.

    Raises:
        KeyError: a variable that tells them is missing.
        ValueError: a shape is none of these networks.
    """
    z_dim, units = shapes["generator/dense/kernel"]
    (base_filters,) = shapes["generator/trans_conv4/bias"]
    (channels,) = shapes["generator/logits/bias"]
    first = round((units / (16 * max(base_filters, 1))) ** 0.5)
    # Transposed, a kernel has its outputs before its inputs.
    transposed = shapes["generator/trans_conv4/kernel"][2] == base_filters
    return {
        "image_size": first * SCALE,
        "base_filters": base_filters,
        "z_dim": z_dim,
        "channels": channels,
        "upsampling": "transposed" if transposed else "resize",
    }
