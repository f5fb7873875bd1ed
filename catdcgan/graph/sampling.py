"""The graph that only renders: the generator alone, as named handles."""

from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.checkpoints.names import average_name
from catdcgan.graph.networks import make_networks
from catdcgan.settings.config import Config


class SamplingGraph(NamedTuple):
    """Handles of the graph that only renders: the generator alone, without optimizer.

    Its variables are named as in the checkpoints that they are restored from.
    """

    graph: tf.Graph
    z: tf.Tensor
    samples: tf.Tensor
    variables: dict[str, tf.Variable]


def build_sampling_graph(
    config: Config, dtype: tf.DType, *, averaged: bool = False
) -> SamplingGraph:
    """Build the generator alone, as it renders: with its moving averages of batch statistics.

    Args:
        averaged: its weights are the averages of a checkpoint (`weight_averages`).
    """
    with tf.Graph().as_default() as graph:
        z = v1.placeholder(tf.float32, [None, config.z_dim], "z")
        generator, _ = make_networks(config, dtype)
        samples = generator(z, is_training=False)
        rename = average_name if averaged else str
        variables = {rename(variable.op.name): variable for variable in v1.global_variables()}
        return SamplingGraph(graph, z, samples, variables)
