"""A moving average of the generator's weights, and the pictures that it makes.

The weights of a GAN circle around where they are going; their average lies nearer to it (Yazici
et al., "The unusual effectiveness of averaging in GAN training", 2019). The averages lie in the
checkpoint beside the weights, under `<name>/ExponentialMovingAverage`.

The averaged network was never trained, so the moving averages that batch norm has gathered are
not those of its maps. They are measured anew: the averaged network makes pictures of fixed latents
batch by batch, normalising by each batch's own statistics, and what is met there on average is
kept (the "standing statistics" of Brock, Donahue & Simonyan, "Large scale GAN training", 2019).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.checkpoints.names import average_name
from catdcgan.layers import ops

WARM_UP = 4  # of so many steps of the warm-up one is counted


class AveragedGenerator(NamedTuple):
    """Handles of the averaged network in the training graph.

    Attributes:
        update: moves the averages towards the weights.
        samples: pictures of z, float32 `[N, S, S, C]`, by averaged weights and their statistics.
        moments: mean and variance of each batch norm while the batch of z is normalised by them.
        statistics: the variables that keep them, as pairs.
        values: placeholders for what `keep` writes to those variables.
        keep: writes them.
    """

    update: tf.Operation
    samples: tf.Tensor
    moments: list[tuple[tf.Tensor, tf.Tensor]]
    statistics: list[tuple[tf.Variable, tf.Variable]]
    values: list[tuple[tf.Tensor, tf.Tensor]]
    keep: tf.Operation


def average_generator(
    generator: Callable[..., tf.Tensor],
    variables: Sequence[tf.Variable],
    z: tf.Tensor,
    decay: float,
    step: tf.Tensor,
    after: tf.Operation,
) -> AveragedGenerator:
    """Add the averages of the generator's weights, and the network that has them, to the graph.

    Args:
        generator: builds the network from the variables that the scope hands it.
        variables: the weights.
        decay: share of an average that a step keeps, once warmed up. Before, with n a quarter of
            the steps done, it is (1 + n) / (10 + n): the average is over about the last 36th of
            the steps. Over the last 9th (all steps counted) it lags behind: docs/better-cats.md.
        after: an average moves when this has run.
    """
    num_updates = tf.cast(step, tf.float32) / WARM_UP
    averages = v1.train.ExponentialMovingAverage(decay, num_updates)
    with tf.control_dependencies([after]):
        update = averages.apply(variables)

    def get_average(getter: Callable, name: str, *args: Any, **options: Any) -> tf.Tensor:
        if options.get("trainable", True):
            return averages.average(getter(name, *args, **options))
        options["reuse"] = v1.AUTO_REUSE  # the batch norm's: made here, not by `averages`
        return getter(average_name(name), *args, **options)

    def build(**options: Any) -> tf.Tensor:
        with v1.variable_scope("generator", reuse=True, custom_getter=get_average):
            return generator(z, **options)

    before = len(v1.get_collection(ops.MOMENTS))
    build(is_training=True)
    gathered = v1.get_collection(ops.MOMENTS)[before:]
    samples = build(is_training=False)
    statistics = [(found.moving_mean, found.moving_variance) for found in gathered]
    values = [
        tuple(v1.placeholder(tf.float32, variable.shape) for variable in pair)
        for pair in statistics
    ]
    keep = tf.group(
        *(
            variable.assign(value, read_value=False)
            for pair, new in zip(statistics, values, strict=True)
            for variable, value in zip(pair, new, strict=True)
        )
    )
    moments = [(found.mean, found.variance) for found in gathered]
    return AveragedGenerator(update, samples, moments, statistics, values, keep)


def measure_statistics(
    session: v1.Session,
    averaged: AveragedGenerator,
    z: tf.Tensor,
    batches: Iterable[np.ndarray],
) -> None:
    """Measure the statistics of the averaged network's maps, and keep them in its variables.

    Equal weights and batches give equal statistics, whenever and however often this is done.

    Args:
        z: the placeholder that takes latents.
        batches: latents, each `[N, z_dim]`.
    """
    if not averaged.moments:
        return
    met = [session.run(averaged.moments, {z: batch}) for batch in batches]
    feed = {}
    for index, (mean_value, variance_value) in enumerate(averaged.values):
        means = np.array([batch[index][0] for batch in met], np.float64)
        variances = np.array([batch[index][1] for batch in met], np.float64)
        mean = means.mean(axis=0)
        feed[mean_value] = mean
        # Of all batches together: within each, and between them.
        feed[variance_value] = variances.mean(axis=0) + np.square(means - mean).mean(axis=0)
    session.run(averaged.keep, feed)
