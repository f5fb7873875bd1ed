"""The graph, built once: placeholders -> networks -> losses -> train ops, as named handles."""

import dataclasses
import importlib
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from catdcgan import losses, ops, staging
from catdcgan.config import Config
from catdcgan.step_numbers import measure_step

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
    | real_logits, fake_logits | [N, 1] | what D makes of reals and fakes, before its update |
    | train_d     |              | op: updates D |
    | train_g     |              | op: updates D, then G |
    | finite      | [variables]  | after train_g: whether all of each variable is a number |
    | samples     | [N, S, S, C] | pictures of z by the moving averages, in [-1, 1] |
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

        generator, discriminator = _make_networks(config, dtype)
        fake_images = generator(d_latents, is_training=True, update_averages=not config.fresh_noise)
        judge = _judge_jointly if config.joint_batch else _judge_apart
        real_logits, fake_logits = judge(discriminator, reals, fake_images, step)
        d_loss = losses.d_loss(real_logits, fake_logits, config.label_smoothing)
        if config.joint_batch:
            d_loss /= 2  # the mean over both halves, where it was the sum of their means

        # D's optimizer is made first: its `beta1_power` carries no suffix in the file of 2018.
        d_variables = _trainable_variables("discriminator")
        d_optimizer = v1.train.AdamOptimizer(lr_d, config.beta1, epsilon=config.adam_epsilon)
        d_gradients = d_optimizer.compute_gradients(d_loss, d_variables)
        with tf.control_dependencies(_update_ops("discriminator")):
            train_d = d_optimizer.apply_gradients(d_gradients, name="train_d")

        # G learns from the updated D, on the pictures that D has just judged: one forward pass
        # of G serves both updates, since D's leaves G's weights alone. Fresh latents need another.
        g_images = fake_images
        if config.fresh_noise:
            g_images = generator(g_latents, is_training=True, update_averages=True)
        with tf.control_dependencies([train_d]):
            judged_logits = discriminator(g_images, dropout_key=_dropout_key("g", step))
        g_loss = losses.g_loss(judged_logits)
        g_variables = _trainable_variables("generator")
        g_optimizer = v1.train.AdamOptimizer(lr_g, config.beta1, epsilon=config.adam_epsilon)
        g_gradients = g_optimizer.compute_gradients(g_loss, g_variables)
        with tf.control_dependencies(_update_ops("generator")):
            train_g = g_optimizer.apply_gradients(g_gradients, name="train_g")
        _refuse_leftover_updates()

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
    known = {**dataclasses.asdict(config), "dtype": dtype}
    return (
        _make_network("generator", family.generator, known),
        _make_network("discriminator", family.discriminator, known),
    )


def _make_network(scope: str, build: Callable, known: dict[str, Any]) -> Callable:
    """Return a network; of what is known, and of the options of a call, it is handed what it names.

    Args:
        build: the network's function, `(inputs, *, ...) -> outputs`.
        known: settings by name.
    """
    named = inspect.signature(build).parameters
    settings = {name: value for name, value in known.items() if name in named}
    # A template shares after its first call and refuses to create variables later.
    template = v1.make_template(scope, build, **settings)

    def network(
        inputs: tf.Tensor,
        *,
        is_training: bool = True,
        update_averages: bool = False,
        dropout_key: tf.Tensor | None = None,
    ) -> tf.Tensor:
        options = {
            "is_training": is_training,
            "update_averages": update_averages,
            "dropout_key": dropout_key,
        }
        return template(inputs, **{name: options[name] for name in options if name in named})

    return network


def _judge_apart(
    discriminator: Callable, real_images: tf.Tensor, fake_images: tf.Tensor, step: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return D's logits of reals and of fakes, each `[N, 1]`, judged in a batch of its own."""
    real_logits = discriminator(
        real_images, update_averages=True, dropout_key=_dropout_key("reals", step)
    )
    # D's averages move on reals, then on fakes: without an order between the two updates of
    # one variable, equal runs would differ.
    with tf.control_dependencies(_update_ops("discriminator")):
        fake_logits = discriminator(
            fake_images, update_averages=True, dropout_key=_dropout_key("fakes", step)
        )
    return real_logits, fake_logits


def _judge_jointly(
    discriminator: Callable, real_images: tf.Tensor, fake_images: tf.Tensor, step: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return D's logits of reals and of fakes, each `[N, 1]`, judged in one batch, reals first."""
    logits = discriminator(
        tf.concat([real_images, fake_images], 0),
        update_averages=True,
        dropout_key=_dropout_key("both", step),
    )
    reals = tf.shape(real_images)[0]
    return logits[:reals], logits[reals:]


def _dropout_key(judged: str, step: tf.Tensor) -> tf.Tensor:
    """Return a key for `ops.dropout`, int64 `[2]`: a function of the seed, the step and the use."""
    seed = tf.constant([v1.get_default_graph().seed, 0], tf.int64)
    return tf.random.experimental.stateless_fold_in(
        ops.fold_in_text(seed, judged), step, alg="philox"
    )


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
