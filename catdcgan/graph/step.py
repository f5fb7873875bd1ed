"""A step of one replica: D's update, then G's, on the rows of the batch that it sees."""

from typing import NamedTuple

import tensorflow as tf

from catdcgan.graph.inputs import Inputs
from catdcgan.graph.judging import Judge
from catdcgan.graph.losses import LOSSES, Loss, r1_penalty
from catdcgan.graph.networks import make_networks
from catdcgan.graph.step_numbers import measure_gradients, measure_judgement
from catdcgan.graph.updating import Update, refuse_leftover_updates, update
from catdcgan.settings.config import Config, parse_augment


class Step(NamedTuple):
    """Handles of a replica's step.

    Attributes:
        d_update, g_update: the second comes after the first.
        real_scores, fake_scores: what D makes of the own rows before its update, `[N, 1]`.
        numbers: of the whole batch, `[]` each, by their names in `metrics.catalogue`.
        samples: pictures of `inputs.z` by the generator's weights, `[N, S, S, C]` in [-1, 1]; None
            where averaged weights are to make them.
    """

    d_update: Update
    g_update: Update
    real_scores: tf.Tensor
    fake_scores: tf.Tensor
    numbers: dict[str, tf.Tensor]
    samples: tf.Tensor | None


def build_step(config: Config, dtype: tf.DType, inputs: Inputs) -> Step:
    """Add a step of the replica at hand, its variables included, to the graph.

    Args:
        dtype: the type that convolutions and products compute in.
    """
    generator, discriminator = make_networks(config, dtype)
    judge = Judge(discriminator, inputs.step, parse_augment(config.augment))
    loss = LOSSES[config.loss]
    fake_images = generator(
        inputs.d_latents, is_training=True, update_averages=not config.fresh_noise
    )
    judge_both = judge.judge_jointly if config.joint_batch else judge.judge_apart
    real_logits, fake_logits = judge_both(inputs.reals, fake_images)
    real_scores, fake_scores = loss.score(real_logits, fake_logits)
    d_loss, penalized = _d_losses(loss, real_scores, fake_scores, real_logits, inputs.reals, config)
    told = measure_judgement(loss, real_scores, fake_scores, config.label_smoothing)
    # D's optimizer is made first: its `beta1_power` carries no suffix in the file of 2018.
    d_update = update(
        penalized, "discriminator", inputs.lr_d, config, "train_d", {"d_loss": d_loss, **told}
    )

    # G learns from the updated D, on the pictures that D has just judged: one forward pass
    # of G serves both updates, since D's leaves G's weights alone. Fresh latents need another.
    g_images = fake_images
    if config.fresh_noise:
        g_images = generator(inputs.g_latents, is_training=True, update_averages=True)
    with tf.control_dependencies([d_update.operation]):
        g_logits = judge.judge(g_images, "g")
        # Only to compare with: nothing of the generator's gradient goes through them.
        compared = judge.judge(inputs.reals, "g reals") if loss.relativistic else real_logits
    g_loss = loss.g_loss(*loss.score(compared, g_logits))
    g_told = {"g_loss": g_loss}
    if inputs.wish is not None:
        g_told["wish"] = inputs.wish
    g_update = update(g_loss, "generator", inputs.lr_g, config, "train_g", g_told)
    refuse_leftover_updates()
    return Step(
        d_update,
        g_update,
        real_scores,
        fake_scores,
        {
            **d_update.told,
            **g_update.told,
            **measure_gradients(d_update.gradients, g_update.gradients),
        },
        None if config.ema_decay else generator(inputs.z, is_training=False),
    )


def _d_losses(
    loss: Loss,
    real_scores: tf.Tensor,
    fake_scores: tf.Tensor,
    real_logits: tf.Tensor,
    reals: tf.Tensor,
    config: Config,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return D's loss, and the same with its penalty, which D is to make smaller; `[]` each."""
    d_loss = loss.d_loss(real_scores, fake_scores, config.label_smoothing)
    penalized = d_loss
    if config.r1_gamma:
        penalized += config.r1_gamma * r1_penalty(real_logits, reals)
    if config.joint_batch:  # the mean over both halves, where it was the sum of their means
        return d_loss / 2, penalized / 2
    return d_loss, penalized
