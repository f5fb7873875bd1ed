"""GAN losses: pure functions of logits, each a float32 scalar averaged over the rows at hand.

A loss judges *scores*: the logits themselves or, where it is relativistic, each logit minus the
mean logit of the other kind, so that it tells how much more real a picture looks than the average
of those (Jolicoeur-Martineau, "The relativistic discriminator", 2018).

| name | discriminator | generator | source |
|---|---|---|---|
| non_saturating | ln(1 + e^-r) + ln(1 + e^f) | ln(1 + e^-f) | Goodfellow et al. 2014, section 3 |
| hinge | max(0, 1 - r) + max(0, 1 + f) | -f | Lim & Ye 2017; Miyato et al. 2018 |
| least_squares | (r - 1)^2 / 2 + f^2 / 2 | (f - 1)^2 / 2 | Mao et al. 2017, equation 9 |
| relativistic | as non_saturating, of relative scores | the same with r and f exchanged | 2018 |
| relativistic_least_squares | (r - 1)^2 + (f + 1)^2, relative | exchanged | 2018 |
| relativistic_hinge | as hinge, of relative scores | exchanged | 2018 |
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from catdcgan.layers.replicas import current

Term = Callable[[tf.Tensor], tf.Tensor]


class Loss(NamedTuple):
    """A loss by its terms, each from scores `[N, 1]` to the losses of the single pictures.

    Attributes:
        real_term: what D loses on reals, from their scores and `label_smoothing`.
        fake_term: what D loses on fakes.
        g_term: what G loses on fakes; None: it plays D's part with reals and fakes exchanged.
        relativistic: scores are relative to the other kind's mean.
        boundary: the score that is as real as fake.
    """

    real_term: Callable[[tf.Tensor, float], tf.Tensor]
    fake_term: Term
    g_term: Term | None = None
    relativistic: bool = False
    boundary: float = 0.0

    def score(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the scores of reals and of fakes, each `[N, 1]`, float32."""
        real, fake = tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        if not self.relativistic:
            return real, fake
        mean = current().mean  # over the whole batch
        return real - mean(tf.reduce_mean(fake)), fake - mean(tf.reduce_mean(real))

    def belief(self, scores: tf.Tensor) -> tf.Tensor:
        """Return how real D takes pictures to be, from 0 (fake) to 1 (real), `[N, 1] -> [N, 1]`."""
        return tf.sigmoid(scores - self.boundary)

    def d_loss_real(self, real_scores: tf.Tensor, label_smoothing: float = 0.0) -> tf.Tensor:
        """Return the reals' part of the discriminator's loss, `[N, 1]` -> scalar.

        Reals are labelled `1 - label_smoothing`, one-sidedly (Salimans et al. 2016, section 3.4).
        A hinge has no labels: nothing is smoothed.
        """
        return tf.reduce_mean(self.real_term(real_scores, label_smoothing))

    def d_loss_fake(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Return the fakes' part of the discriminator's loss, `[N, 1]` -> scalar."""
        return tf.reduce_mean(self.fake_term(fake_scores))

    def d_loss(
        self, real_scores: tf.Tensor, fake_scores: tf.Tensor, label_smoothing: float = 0.0
    ) -> tf.Tensor:
        """Return the discriminator's loss, two `[N, 1]` -> scalar."""
        return self.d_loss_real(real_scores, label_smoothing) + self.d_loss_fake(fake_scores)

    def g_loss(self, real_scores: tf.Tensor | None, fake_scores: tf.Tensor) -> tf.Tensor:
        """Return the generator's loss, two `[N, 1]` -> scalar.

        Args:
            real_scores: only a relativistic loss looks at them.
        """
        if self.g_term:
            return tf.reduce_mean(self.g_term(fake_scores))
        return self.d_loss(fake_scores, real_scores)


def r1_penalty(real_logits: tf.Tensor, real_images: tf.Tensor) -> tf.Tensor:
    """Return R1 for gamma 1, half the mean squared length of D's gradient, -> scalar.

    Mescheder, Geiger & Nowozin, "Which training methods for GANs do actually converge?", 2018,
    equation 9.

    Args:
        real_logits: `[N, 1]`, computed from `real_images`, float32 `[N, H, W, C]`.
    """
    (gradient,) = tf.gradients(tf.reduce_sum(real_logits), [real_images])
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3])) / 2


def _cross_entropy(scores: tf.Tensor, label: float) -> tf.Tensor:
    labels = tf.fill(tf.shape(scores), label)
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=scores)


def _real_entropy(scores: tf.Tensor, label_smoothing: float) -> tf.Tensor:
    return _cross_entropy(scores, 1.0 - label_smoothing)


def _fake_entropy(scores: tf.Tensor) -> tf.Tensor:
    return _cross_entropy(scores, 0.0)


def _real_hinge(scores: tf.Tensor, label_smoothing: float) -> tf.Tensor:
    del label_smoothing
    return tf.nn.relu(1.0 - scores)


def _fake_hinge(scores: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(1.0 + scores)


LOSSES = {
    "non_saturating": Loss(
        _real_entropy, _fake_entropy, lambda scores: _cross_entropy(scores, 1.0)
    ),
    "hinge": Loss(_real_hinge, _fake_hinge, lambda scores: -scores),
    "least_squares": Loss(
        lambda scores, smoothing: tf.square(scores - (1.0 - smoothing)) / 2,
        lambda scores: tf.square(scores) / 2,
        lambda scores: tf.square(scores - 1.0) / 2,
        boundary=0.5,
    ),
    "relativistic": Loss(_real_entropy, _fake_entropy, relativistic=True),
    "relativistic_least_squares": Loss(
        lambda scores, smoothing: tf.square(scores - (1.0 - smoothing)),
        lambda scores: tf.square(scores + 1.0),
        relativistic=True,
    ),
    "relativistic_hinge": Loss(_real_hinge, _fake_hinge, relativistic=True),
}
