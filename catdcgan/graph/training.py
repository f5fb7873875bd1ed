"""The graph, built once: placeholders -> networks -> losses -> train ops, as named handles."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from catdcgan.checkpoints.variables import make_saver
from catdcgan.graph import losses, staging
from catdcgan.graph.judging import Judge
from catdcgan.graph.losses import LOSSES
from catdcgan.graph.networks import make_generator, make_networks
from catdcgan.graph.step_numbers import measure_step
from catdcgan.graph.weight_averages import AveragedGenerator, average_generator
from catdcgan.settings.config import Config, parse_augment

v1 = tf.compat.v1


class TrainingGraph(NamedTuple):
    """Handles of the graph that trains.

    | symbol | shape | description |
    |---|---|---|
    | real_images | [N, S, S, C] | placeholder, in [-pixel_range, pixel_range] |
    | z           | [N, z_dim]   | placeholder |
    | g_z         | [M, z_dim]   | what G learns on: z, or a placeholder for fresh latents |
    | lr_d, lr_g  | []           | placeholders, one learning rate a network |
    | step        | []           | placeholder, int64: steps done so far; no variable |
    | send_ahead  |              | op: real_images, z and g_z of a step to the GPU; None without |
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
    real_images: tf.Tensor
    z: tf.Tensor
    g_z: tf.Tensor
    lr_d: tf.Tensor
    lr_g: tf.Tensor
    step: tf.Tensor
    send_ahead: tf.Operation | None
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
    saver: v1.train.Saver
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
        shape = [None, config.image_size, config.image_size, config.channels]
        real_images = v1.placeholder(tf.float32, shape, "real_images")
        z = g_z = v1.placeholder(tf.float32, [None, config.z_dim], "z")
        if config.fresh_noise:
            g_z = v1.placeholder(tf.float32, [None, config.z_dim], "g_z")
        lr_d = v1.placeholder(tf.float32, [], "lr_d")
        lr_g = v1.placeholder(tf.float32, [], "lr_g")
        step = v1.placeholder(tf.int64, [], "step")
        send_ahead, (reals, d_latents, g_latents) = None, (real_images, z, g_z)
        if send_ahead_to:
            send_ahead, (reals, d_latents, g_latents) = staging.send_ahead(
                [real_images, z, g_z], send_ahead_to
            )

        generator, discriminator = make_networks(config, dtype)
        judge = Judge(discriminator, step, parse_augment(config.augment))
        loss = LOSSES[config.loss]
        fake_images = generator(d_latents, is_training=True, update_averages=not config.fresh_noise)
        judge_both = judge.judge_jointly if config.joint_batch else judge.judge_apart
        logits = judge_both(reals, fake_images)
        real_scores, fake_scores = loss.score(*logits)
        d_loss = loss.d_loss(real_scores, fake_scores, config.label_smoothing)
        penalized = d_loss
        if config.r1_gamma:
            penalized += config.r1_gamma * losses.r1_penalty(logits[0], reals)
        if config.joint_batch:  # the mean over both halves, where it was the sum of their means
            d_loss, penalized = d_loss / 2, penalized / 2

        # D's optimizer is made first: its `beta1_power` carries no suffix in the file of 2018.
        d_variables = _trainable_variables("discriminator")
        d_optimizer = v1.train.AdamOptimizer(lr_d, config.beta1, epsilon=config.adam_epsilon)
        d_gradients = d_optimizer.compute_gradients(penalized, d_variables)
        with tf.control_dependencies(_update_ops("discriminator")):
            train_d = d_optimizer.apply_gradients(d_gradients, name="train_d")

        # G learns from the updated D, on the pictures that D has just judged: one forward pass
        # of G serves both updates, since D's leaves G's weights alone. Fresh latents need another.
        g_images = fake_images
        if config.fresh_noise:
            g_images = generator(g_latents, is_training=True, update_averages=True)
        with tf.control_dependencies([train_d]):
            g_logits = judge.judge(g_images, "g")
            # Only to compare with: nothing of the generator's gradient goes through them.
            compared = judge.judge(reals, "g reals") if loss.relativistic else logits[0]
        g_loss = loss.g_loss(*loss.score(compared, g_logits))
        g_variables = _trainable_variables("generator")
        g_optimizer = v1.train.AdamOptimizer(lr_g, config.beta1, epsilon=config.adam_epsilon)
        g_gradients = g_optimizer.compute_gradients(g_loss, g_variables)
        with tf.control_dependencies(_update_ops("generator")):
            train_g = g_optimizer.apply_gradients(g_gradients, name="train_g")
        _refuse_leftover_updates()
        if config.ema_decay:
            averaged = average_generator(
                make_generator(config, dtype), g_variables, z, config.ema_decay, step, train_g
            )
            train_g, samples = averaged.update, averaged.samples
        else:
            averaged, samples = None, generator(z, is_training=False)

        return TrainingGraph(
            graph=graph,
            real_images=real_images,
            z=z,
            g_z=g_z,
            lr_d=lr_d,
            lr_g=lr_g,
            step=step,
            send_ahead=send_ahead,
            d_loss=d_loss,
            g_loss=g_loss,
            d_real=tf.reduce_mean(loss.belief(real_scores)),
            d_fake=tf.reduce_mean(loss.belief(fake_scores)),
            numbers=measure_step(
                loss, real_scores, fake_scores, config.label_smoothing, d_gradients, g_gradients
            ),
            real_scores=real_scores,
            fake_scores=fake_scores,
            train_d=train_d,
            train_g=train_g,
            finite=_are_finite(v1.global_variables(), after=train_g),
            samples=samples,
            averaged=averaged,
            initialize=v1.global_variables_initializer(),
            saver=make_saver(),
            g_variables=g_variables,
            d_variables=d_variables,
            variables=v1.global_variables(),
        )


def count_parameters(variables: Sequence[tf.Variable]) -> int:
    """Return how many numbers the variables hold."""
    return sum(math.prod(variable.shape.as_list()) for variable in variables)


def _trainable_variables(scope: str) -> list[tf.Variable]:
    variables = v1.trainable_variables(f"{scope}/")
    if not variables:
        raise ValueError(f"no trainable variables in scope {scope}")
    return variables


def _update_ops(scope: str) -> list[tf.Operation]:
    """Return the updates of a network's averages; later calls are named `<scope>_1/...`."""
    return v1.get_collection(v1.GraphKeys.UPDATE_OPS, scope)


def _refuse_leftover_updates() -> None:
    known = {op.name for scope in ("generator", "discriminator") for op in _update_ops(scope)}
    leftover = [op.name for op in _update_ops("") if op.name not in known]
    if leftover:
        raise ValueError(f"updates under no optimizer: {leftover}")


def _are_finite(variables: Sequence[tf.Variable], after: tf.Operation) -> tf.Tensor:
    """Return whether each variable is all numbers once `after` has run, bool `[variables]`."""
    with tf.control_dependencies([after]):
        # A sum is finite only where each of its terms is; unlike a look at each of them it needs
        # no memory of its own.
        sums = [tf.reduce_sum(variable.read_value()) for variable in variables]
    return tf.math.is_finite(tf.stack(sums))
