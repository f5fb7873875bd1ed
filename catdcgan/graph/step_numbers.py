"""What is measured in the graph in each step, besides the losses; it changes nothing there."""

from collections.abc import Sequence

import tensorflow as tf

from catdcgan.graph.losses import Loss

GradientsAndVariables = Sequence[tuple[tf.Tensor, tf.Variable]]


def measure_judgement(
    loss: Loss, real_scores: tf.Tensor, fake_scores: tf.Tensor, label_smoothing: float
) -> dict[str, tf.Tensor]:
    """Return what D makes of reals and fakes, scalars by name, from two `[N, 1]`.

    The names are those of `metrics.catalogue`; `d_real` and `d_fake` are the mean probabilities
    that D gives them. D's loss is the sum of its two parts, in a joint batch their mean.
    """
    return {
        "d_real": tf.reduce_mean(loss.belief(real_scores)),
        "d_fake": tf.reduce_mean(loss.belief(fake_scores)),
        "d_loss_real": loss.d_loss_real(real_scores, label_smoothing),
        "d_loss_fake": loss.d_loss_fake(fake_scores),
        "d_accuracy_real": _share(real_scores > loss.boundary),
        "d_accuracy_fake": _share(fake_scores < loss.boundary),
    }


def measure_gradients(
    d_gradients: GradientsAndVariables, g_gradients: GradientsAndVariables
) -> dict[str, tf.Tensor]:
    """Return the lengths of both networks' gradients, scalars by name."""
    return {
        "d_gradient_norm": _norm(d_gradients),
        "g_gradient_norm": _norm(g_gradients),
    }


def _share(flags: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(flags, tf.float32))


def _norm(gradients: GradientsAndVariables) -> tf.Tensor:
    return tf.linalg.global_norm([gradient for gradient, _ in gradients])
