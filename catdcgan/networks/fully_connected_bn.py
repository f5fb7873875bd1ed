"""The fully connected GAN on MNIST with batch norm in the generator (Keras, 2023).

| symbol | shape at 28 grey pixels | description |
|---|---|---|
| z      | [N, 100]         | latents |
| images | [N, 28, 28, 1]   | pictures, floats in [-1, 1] |
| logits | [N, 1]           | real (positive) or fake (negative) |

The generator has 1,493,520 parameters, of which 1,489,936 are trained, the discriminator 1,066,497.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from catdcgan.layers import ops

LEAKY_SLOPE = 0.2
MOMENTUM = 0.8
EPSILON = 1e-3  # that of Keras' layer


def generator(
    z: tf.Tensor,
    *,
    image_size: int,
    channels: int,
    is_training: bool,
    update_averages: bool,
    dtype: tf.DType,
) -> tf.Tensor:
    """Turn latents into pictures, `[N, z_dim] -> float32 [N, image_size, image_size, channels]`."""

    def hidden(x: tf.Tensor, units: int, index: int) -> tf.Tensor:
        x = ops.dense(x, units, f"dense{index}", dtype=dtype)
        return ops.batch_norm(  # after the activation, as in the article
            tf.nn.leaky_relu(x, LEAKY_SLOPE),
            f"batch_norm{index}",
            is_training=is_training,
            update_averages=update_averages,
            momentum=MOMENTUM,
            epsilon=EPSILON,
        )

    x = hidden(z, 256, 1)  # [N, 256]
    x = hidden(x, 512, 2)  # [N, 512]
    x = hidden(x, 1024, 3)  # [N, 1024]
    x = ops.dense(x, image_size * image_size * channels, "logits", dtype=dtype)  # [N, 784]
    images = tf.tanh(tf.cast(x, tf.float32))
    return tf.reshape(images, [-1, image_size, image_size, channels])


def discriminator(images: tf.Tensor, *, dtype: tf.DType) -> tf.Tensor:
    """Judge pictures, `[N, H, W, C] -> float32 logits [N, 1]`."""
    x = ops.flatten(images)  # [N, 784]
    x = tf.nn.leaky_relu(ops.dense(x, 1024, "dense1", dtype=dtype), LEAKY_SLOPE)
    x = tf.nn.leaky_relu(ops.dense(x, 256, "dense2", dtype=dtype), LEAKY_SLOPE)
    return tf.cast(ops.dense(x, 1, "logits", dtype=dtype), tf.float32)  # [N, 1]


def read_settings(shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Read off the shapes of a checkpoint what they tell; 784 numbers may be grey or coloured.

    Raises:
        KeyError: a variable that tells it is missing.
    """
    return {"z_dim": shapes["generator/dense1/kernel"][0]}
