"""Batch norm by the statistics of a whole batch, of which this replica sees only some rows.

Normalised is by TensorFlow's fused operation. Its gradient has to ask the other replicas, as the
statistics do: two vectors travel, one on the way there and one on the way back. All of it can be
differentiated again, which R1 does.
"""

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.layers.replicas import Replica


def normalise_jointly(
    x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float, replica: Replica
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Normalise each channel by mean and variance over all replicas.

    Args:
        x: `[N, H, W, C]`.
        gamma, beta: float32 `[C]`.

    Returns:
        What `fused_batch_norm` returns: `x` normalised, in its shape and type; the mean; and the
        variance as estimated for more than this batch, float32 `[C]` each.
    """
    axes = [0, 1, 2]

    def normalise(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tuple:
        mean, variance = replica.moments(x, axes)
        y = v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon, is_training=False)[0]
        count = replica.size_of_whole(tf.reduce_prod(tf.shape(x)[:3]))
        unbiased = variance * count / tf.maximum(count - 1, 1)

        def gradients(of_y: tf.Tensor, *_: tf.Tensor) -> tuple:
            # d_x = gamma / deviation * (d_y - mean(d_y) - x^ * mean(d_y * x^)), in float32; the
            # means are over the whole batch.
            scale = tf.math.rsqrt(variance + epsilon)
            normalised = (tf.cast(x, tf.float32) - mean) * scale
            of_y = tf.cast(of_y, tf.float32)
            of_beta = tf.reduce_sum(of_y, axes)
            of_gamma = tf.reduce_sum(of_y * normalised, axes)
            means = replica.total(tf.stack([of_beta, of_gamma])) / count
            of_x = gamma * scale * (of_y - means[0] - normalised * means[1])
            return tf.cast(of_x, x.dtype), of_gamma, of_beta

        return (y, mean, unbiased), gradients

    return tf.custom_gradient(normalise)(x, tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta))
