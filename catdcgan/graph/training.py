"""The graph, built once: placeholders -> networks -> losses -> train ops, as named handles."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.graph.inputs import Inputs, make_inputs
from catdcgan.graph.judging import Judge
from catdcgan.graph.losses import LOSSES, Loss, r1_penalty
from catdcgan.graph.networks import make_generator, make_networks
from catdcgan.graph.step_numbers import measure_step
from catdcgan.graph.updating import refuse_leftover_updates, update
from catdcgan.graph.weight_averages import AveragedGenerator, average_generator
from catdcgan.settings.config import Config, parse_augment


class TrainingGraph(NamedTuple):
    """Handles of the graph that trains.

    | symbol | shape | description |
    |---|---|---|
    | inputs      |              | what a step is fed with |
    | d_loss, g_loss | []        | before D's, and between D's and G's update |
    | d_real, d_fake | []        | mean probability D gives reals and fakes, before its update |
    | numbers     | []           | what else is measured each step, by name (`step_numbers`) |
    | real_scores, fake_scores | [N, 1] | what D makes of reals and fakes, before its update |
    | train_d     |              | op: updates D |
    | train_g     |              | op: updates D, then G, then the averages of G's weights |
    | finite      | [variables]  | after train_g: whether all of each variable is a number |
    | samples     | [N, S, S, C] | pictures of z by averaged weights, if there are, in [-1, 1] |
    | averaged    |              | what belongs to them, None without |
    | initialize  |              | op: initial weights |
    """

    graph: tf.Graph
    inputs: Inputs
    d_loss: tf.Tensor
    g_loss: tf.Tensor
    d_real: tf.Tensor
    d_fake: tf.Tensor
    numbers: dict[str, tf.Tensor]
    real_scores: tf.Tensor
    fake_scores: tf.Tensor
    train_d: tf.Operation
    train_g: tf.Operation
    finite: tf.Tensor
    samples: tf.Tensor
    averaged: AveragedGenerator | None
    initialize: tf.Operation
    g_variables: list[tf.Variable]
    d_variables: list[tf.Variable]
    variables: list[tf.Variable]


def build_training_graph(
    config: Config, dtype: tf.DType, send_ahead_to: str | None = None
) -> TrainingGraph:
    """Build the graph of a run; nothing may be added to it afterwards.

    Args:
        dtype: the type that convolutions and products compute in.
        send_ahead_to: a device, such as `/GPU:0`. What a step is fed with is then not fed to the
            step itself but to `send_ahead`, which is run once before it.
    """
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(config.seed)
        inputs = make_inputs(config, send_ahead_to)
        generator, discriminator = make_networks(config, dtype)
        judge = Judge(discriminator, inputs.step, parse_augment(config.augment))
        loss = LOSSES[config.loss]
        fake_images = generator(
            inputs.d_latents, is_training=True, update_averages=not config.fresh_noise
        )
        judge_both = judge.judge_jointly if config.joint_batch else judge.judge_apart
        real_logits, fake_logits = judge_both(inputs.reals, fake_images)
        real_scores, fake_scores = loss.score(real_logits, fake_logits)
        d_loss, penalized = _d_losses(
            loss, real_scores, fake_scores, real_logits, inputs.reals, config
        )
        # D's optimizer is made first: its `beta1_power` carries no suffix in the file of 2018.
        d_update = update(penalized, "discriminator", inputs.lr_d, config, "train_d")

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
        g_update = update(g_loss, "generator", inputs.lr_g, config, "train_g")
        refuse_leftover_updates()

        if config.ema_decay:
            averaged = average_generator(
                make_generator(config, dtype),
                g_update.variables,
                inputs.z,
                config.ema_decay,
                inputs.step,
                g_update.operation,
            )
            train_g, samples = averaged.update, averaged.samples
        else:
            averaged, train_g = None, g_update.operation
            samples = generator(inputs.z, is_training=False)

        return TrainingGraph(
            graph=graph,
            inputs=inputs,
            d_loss=d_loss,
            g_loss=g_loss,
            d_real=tf.reduce_mean(loss.belief(real_scores)),
            d_fake=tf.reduce_mean(loss.belief(fake_scores)),
            numbers=measure_step(
                loss,
                real_scores,
                fake_scores,
                config.label_smoothing,
                d_update.gradients,
                g_update.gradients,
            ),
            real_scores=real_scores,
            fake_scores=fake_scores,
            train_d=d_update.operation,
            train_g=train_g,
            finite=_are_finite(v1.global_variables(), after=train_g),
            samples=samples,
            averaged=averaged,
            initialize=v1.global_variables_initializer(),
            g_variables=g_update.variables,
            d_variables=d_update.variables,
            variables=v1.global_variables(),
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


def count_parameters(variables: Sequence[tf.Variable]) -> int:
    """Return how many numbers the variables hold."""
    return sum(math.prod(variable.shape.as_list()) for variable in variables)


def _are_finite(variables: Sequence[tf.Variable], after: tf.Operation) -> tf.Tensor:
    """Return whether each variable is all numbers once `after` has run, bool `[variables]`."""
    with tf.control_dependencies([after]):
        # A sum is finite only where each of its terms is; unlike a look at each of them it needs
        # no memory of its own.
        sums = [tf.reduce_sum(variable.read_value()) for variable in variables]
    return tf.math.is_finite(tf.stack(sums))
