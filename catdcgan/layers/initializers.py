"""Initial values of variables, each a function of the variable's name and the graph's seed.

TensorFlow's own initializers count the ops built before them, so that a new layer would change the
initial weights of all later ones.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.randomness.keys import number_of

Initializer = Callable[[Sequence[int], tf.Tensor], tf.Tensor]
"""Initial values of a variable from its shape and a stateless seed, int64 `[2]`."""


def truncated_normal(stddev: float) -> Initializer:
    """Return an initializer: normal with mean 0, values beyond two `stddev` drawn again."""
    return lambda shape, seed: tf.random.stateless_truncated_normal(
        shape, seed, stddev=stddev, alg="philox"
    )


def normal(mean: float, stddev: float) -> Initializer:
    """Return an initializer: normal."""
    return lambda shape, seed: tf.random.stateless_normal(shape, seed, mean, stddev, alg="philox")


def glorot_uniform() -> Initializer:
    """Return an initializer: uniform within sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""

    def initialize(shape: Sequence[int], seed: tf.Tensor) -> tf.Tensor:
        limit = math.sqrt(6.0 / (shape[-2] + shape[-1]))
        return tf.random.stateless_uniform(shape, seed, -limit, limit, alg="philox")

    return initialize


def constant(value: float) -> Initializer:
    """Return an initializer that fills with `value`."""
    return lambda shape, seed: tf.fill(shape, value)


def seeded(initializer: Initializer, name: str) -> Callable[..., tf.Tensor]:
    """Return an initializer as TensorFlow calls it, with the seed of the variable of this name."""
    stateless_seed = [v1.get_default_graph().seed or 0, number_of(name)]

    def initialize(shape: Any, dtype: Any = tf.float32, partition_info: Any = None) -> tf.Tensor:
        return initializer(shape, tf.constant(stateless_seed, tf.int64))

    return initialize
