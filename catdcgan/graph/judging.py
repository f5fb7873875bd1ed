"""How pictures reach the discriminator: changed, if so asked, and in which batches."""

from collections.abc import Callable

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.graph.augmentation import augment
from catdcgan.graph.updating import update_ops
from catdcgan.randomness.keys import fold_in_text


class Judge:
    """The discriminator with all that happens to a picture on its way there."""

    def __init__(self, discriminator: Callable, step: tf.Tensor, kinds: tuple[str, ...]) -> None:
        """Gather.

        Args:
            step: int64 `[]`; random numbers are a function of the seed, the step and the use.
            kinds: of augmentation.
        """
        self._discriminator = discriminator
        self._step = step
        self._kinds = kinds

    def judge(self, images: tf.Tensor, use: str, *, update_averages: bool = False) -> tf.Tensor:
        """Return D's logits, `[N, H, W, C] -> [N, 1]`.

        Args:
            use: what is judged and what for, in a word: each use has random numbers of its own.
        """
        images = augment(images, self._kinds, key_of(f"augment {use}", self._step))
        return self._discriminator(
            images, update_averages=update_averages, dropout_key=key_of(use, self._step)
        )

    def judge_apart(
        self, real_images: tf.Tensor, fake_images: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return D's logits of reals and of fakes, each `[N, 1]`, judged in a batch of its own."""
        real_logits = self.judge(real_images, "reals", update_averages=True)
        # D's averages move on reals, then on fakes: without an order between the two updates of
        # one variable, equal runs would differ.
        with tf.control_dependencies(update_ops("discriminator")):
            return real_logits, self.judge(fake_images, "fakes", update_averages=True)

    def judge_jointly(
        self, real_images: tf.Tensor, fake_images: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return D's logits of reals and of fakes, each `[N, 1]`, judged in one batch."""
        both = tf.concat([real_images, fake_images], 0)
        logits = self.judge(both, "both", update_averages=True)
        reals = tf.shape(real_images)[0]
        return logits[:reals], logits[reals:]


def key_of(use: str, step: tf.Tensor) -> tf.Tensor:
    """Return a key of stateless random numbers, int64 `[2]`: of the run's seed, step and use."""
    seed = tf.constant([v1.get_default_graph().seed, 0], tf.int64)
    return tf.random.experimental.stateless_fold_in(fold_in_text(seed, use), step, alg="philox")
