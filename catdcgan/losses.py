"""GAN losses: pure functions of logits, each a float32 scalar averaged over the batch."""

import tensorflow as tf


def d_loss(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """Return the discriminator's loss, two `[N, 1]` -> scalar.

    The cross entropy of the reals against `1 - label_smoothing` plus that of the fakes against 0.
    Only the reals are smoothed (one-sided: Salimans et al. 2016, section 3.4).
    """
    return d_loss_real(real_logits, label_smoothing) + d_loss_fake(fake_logits)


def d_loss_real(real_logits: tf.Tensor, label_smoothing: float = 0.0) -> tf.Tensor:
    """Return the reals' part of the discriminator's loss, `[N, 1]` -> scalar."""
    return _cross_entropy(real_logits, 1.0 - label_smoothing)


def d_loss_fake(fake_logits: tf.Tensor) -> tf.Tensor:
    """Return the fakes' part of the discriminator's loss, `[N, 1]` -> scalar."""
    return _cross_entropy(fake_logits, 0.0)


def g_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Return the generator's non-saturating loss, `[N, 1]` -> scalar: fakes against 1."""
    return _cross_entropy(fake_logits, 1.0)


def _cross_entropy(logits: tf.Tensor, label: float) -> tf.Tensor:
    logits = tf.cast(logits, tf.float32)
    labels = tf.fill(tf.shape(logits), label)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(losses)
