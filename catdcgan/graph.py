"""The graph, built once: placeholders -> networks -> losses -> train ops, as named handles."""

import functools
import importlib
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from catdcgan import losses
from catdcgan.config import Config
from catdcgan.step_numbers import measure_step

v1 = tf.compat.v1


class TrainingGraph(NamedTuple):
    """Handles of the graph that trains.

    | symbol | shape | description |
    |---|---|---|
    | real_images | [N, S, S, 3] | placeholder, in [-pixel_range, pixel_range] |
    | z           | [N, z_dim]   | placeholder |
    | lr_d, lr_g  | []           | placeholders, one learning rate a network |
    | step        | []           | placeholder, int64: steps done so far; no variable |
    | d_loss, g_loss | []        | before D's, and between D's and G's update |
    | d_real, d_fake | []        | mean probability D gives reals and fakes, before its update |
    | numbers     | []           | what else is measured each step, by name (`step_numbers`) |
    | real_logits, fake_logits | [N, 1] | what D makes of reals and fakes, before its update |
    | train_d     |              | op: updates D |
    | train_g     |              | op: updates D, then G on the same z |
    | finite      | [variables]  | after train_g: whether all of each variable is a number |
    | samples     | [N, S, S, 3] | pictures of z by the moving averages, in [-1, 1] |
    | initialize  |              | op: initial weights |
    """

    graph: tf.Graph
    real_images: tf.Tensor
    z: tf.Tensor
    lr_d: tf.Tensor
    lr_g: tf.Tensor
    step: tf.Tensor
    d_loss: tf.Tensor
    g_loss: tf.Tensor
    d_real: tf.Tensor
    d_fake: tf.Tensor
    numbers: dict[str, tf.Tensor]
    real_logits: tf.Tensor
    fake_logits: tf.Tensor
    train_d: tf.Operation
    train_g: tf.Operation
    finite: tf.Tensor
    samples: tf.Tensor
    initialize: tf.Operation
    saver: v1.train.Saver
    g_variables: list[tf.Variable]
    d_variables: list[tf.Variable]
    variables: list[tf.Variable]


class SamplingGraph(NamedTuple):
    """Handles of the graph that only renders: the generator alone, without optimizer."""

    graph: tf.Graph
    z: tf.Tensor
    samples: tf.Tensor
    saver: v1.train.Saver


def build_training_graph(config: Config, dtype: tf.DType) -> TrainingGraph:
    """Build the graph of a run; nothing may be added to it afterwards.

    Args:
        dtype: the type that convolutions and products compute in.
    """
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(config.seed)
        real_images = v1.placeholder(
            tf.float32, [None, config.image_size, config.image_size, 3], "real_images"
        )
        z = v1.placeholder(tf.float32, [None, config.z_dim], "z")
        lr_d = v1.placeholder(tf.float32, [], "lr_d")
        lr_g = v1.placeholder(tf.float32, [], "lr_g")
        step = v1.placeholder(tf.int64, [], "step")

        generator, discriminator = _make_networks(config, dtype)
        fake_images = generator(z, is_training=True, update_averages=True)
        real_logits = discriminator(real_images, update_averages=True)
        # D's averages move on reals, then on fakes: without an order between the two updates of
        # one variable, equal runs would differ.
        with tf.control_dependencies(_update_ops("discriminator")):
            fake_logits = discriminator(fake_images, update_averages=True)
        d_loss = losses.d_loss(real_logits, fake_logits, config.label_smoothing)

        # D's optimizer is made first: its `beta1_power` carries no suffix in the file of 2018.
        d_variables = _trainable_variables("discriminator")
        d_optimizer = v1.train.AdamOptimizer(lr_d, config.beta1)
        d_gradients = d_optimizer.compute_gradients(d_loss, d_variables)
        with tf.control_dependencies(_update_ops("discriminator")):
            train_d = d_optimizer.apply_gradients(d_gradients, name="train_d")

        # G learns from the updated D, on the pictures that D has just judged: one forward pass
        # of G serves both updates, since D's leaves G's weights alone.
        with tf.control_dependencies([train_d]):
            judged_logits = discriminator(fake_images)
        g_loss = losses.g_loss(judged_logits)
        g_variables = _trainable_variables("generator")
        g_optimizer = v1.train.AdamOptimizer(lr_g, config.beta1)
        g_gradients = g_optimizer.compute_gradients(g_loss, g_variables)
        with tf.control_dependencies(_update_ops("generator")):
            train_g = g_optimizer.apply_gradients(g_gradients, name="train_g")
        _refuse_leftover_updates()

        return TrainingGraph(
            graph=graph,
            real_images=real_images,
            z=z,
            lr_d=lr_d,
            lr_g=lr_g,
            step=step,
            d_loss=d_loss,
            g_loss=g_loss,
            d_real=tf.reduce_mean(tf.sigmoid(real_logits)),
            d_fake=tf.reduce_mean(tf.sigmoid(fake_logits)),
            numbers=measure_step(
                real_logits, fake_logits, config.label_smoothing, d_gradients, g_gradients
            ),
            real_logits=real_logits,
            fake_logits=fake_logits,
            train_d=train_d,
            train_g=train_g,
            finite=_are_finite(v1.global_variables(), after=train_g),
            samples=generator(z, is_training=False),
            initialize=v1.global_variables_initializer(),
            saver=_make_saver(),
            g_variables=g_variables,
            d_variables=d_variables,
            variables=v1.global_variables(),
        )


def build_sampling_graph(config: Config, dtype: tf.DType) -> SamplingGraph:
    """Build the generator alone, as it renders: with its moving averages."""
    with tf.Graph().as_default() as graph:
        z = v1.placeholder(tf.float32, [None, config.z_dim], "z")
        generator, _ = _make_networks(config, dtype)
        samples = generator(z, is_training=False)
        return SamplingGraph(graph, z, samples, _make_saver())


def count_parameters(variables: Sequence[tf.Variable]) -> int:
    """Return how many numbers the variables hold."""
    return sum(math.prod(variable.shape.as_list()) for variable in variables)


def family_of(config: Config):
    """Return the module of the network family."""
    return importlib.import_module(f"catdcgan.networks.{config.network}")


def _make_networks(config: Config, dtype: tf.DType) -> tuple[Callable, Callable]:
    """Return (generator, discriminator) that create their variables once and then share them."""
    family = family_of(config)
    # A template shares after its first call and refuses to create variables later.
    make = functools.partial(v1.make_template, base_filters=config.base_filters, dtype=dtype)
    generator = make("generator", family.generator, image_size=config.image_size)
    return generator, make("discriminator", family.discriminator)


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


def _make_saver() -> v1.train.Saver:
    # Which checkpoints are kept is decided in `checkpoints`, across restarts.
    return v1.train.Saver(max_to_keep=0)
