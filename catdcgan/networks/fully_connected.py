"""The fully connected GAN of three MNIST tutorials, which differ in what is set from outside.

| symbol | shape at 28 grey pixels | description |
|---|---|---|
| z      | [N, 100]         | latents |
| images | [N, 28, 28, 1]   | pictures, floats in [-1, 1] |
| logits | [N, 1]           | real (positive) or fake (negative) |
"""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from catdcgan.layers import ops
from catdcgan.layers.initializers import glorot_uniform, truncated_normal


def generator(
    z: tf.Tensor,
    *,
    image_size: int,
    channels: int,
    leaky_slope: float,
    initial_stddev: float | None,
    dtype: tf.DType,
) -> tf.Tensor:
    """Turn latents into pictures, `[N, z_dim] -> float32 [N, image_size, image_size, channels]`."""
    initializer = truncated_normal(initial_stddev) if initial_stddev else glorot_uniform()

    def dense(x: tf.Tensor, units: int, name: str) -> tf.Tensor:
        return ops.dense(x, units, name, kernel_initializer=initializer, dtype=dtype)

    x = tf.nn.leaky_relu(dense(z, 256, "dense1"), leaky_slope)  # [N, 256]
    x = tf.nn.leaky_relu(dense(x, 512, "dense2"), leaky_slope)  # [N, 512]
    x = tf.nn.leaky_relu(dense(x, 1024, "dense3"), leaky_slope)  # [N, 1024]
    x = dense(x, image_size * image_size * channels, "logits")  # [N, 784]
    images = tf.tanh(tf.cast(x, tf.float32))
    return tf.reshape(images, [-1, image_size, image_size, channels])


def discriminator(
    images: tf.Tensor,
    *,
    leaky_slope: float,
    initial_stddev: float | None,
    dropout: float,
    dropout_key: tf.Tensor,
    dtype: tf.DType,
) -> tf.Tensor:
    """Judge pictures, `[N, H, W, C] -> float32 logits [N, 1]`."""
    initializer = truncated_normal(initial_stddev) if initial_stddev else glorot_uniform()

    def dense(x: tf.Tensor, units: int, name: str) -> tf.Tensor:
        return ops.dense(x, units, name, kernel_initializer=initializer, dtype=dtype)

    def hidden(x: tf.Tensor, units: int, index: int) -> tf.Tensor:
        x = tf.nn.leaky_relu(dense(x, units, f"dense{index}"), leaky_slope)
        return ops.dropout(x, dropout, f"dropout{index}", key=dropout_key)

    x = ops.flatten(images)  # [N, 784]
    x = hidden(x, 1024, 1)
    x = hidden(x, 512, 2)
    x = hidden(x, 256, 3)
    return tf.cast(dense(x, 1, "logits"), tf.float32)  # [N, 1]


def read_settings(shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Read off the shapes of a checkpoint what they tell; 784 numbers may be grey or coloured.

    Raises:
        KeyError: a variable that tells it is missing.
    """
    return {"z_dim": shapes["generator/dense1/kernel"][0]}
