"""How a network is updated: its gradients, then Adam, with what its batch norms have gathered."""

from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.settings.config import Config

NETWORKS = ("discriminator", "generator")


class Update(NamedTuple):
    """Handles of a network's update.

    Attributes:
        operation: does it, the moving averages of batch statistics included.
        gradients: each with its variable.
        variables: that are trained.
    """

    operation: tf.Operation
    gradients: list[tuple[tf.Tensor, tf.Variable]]
    variables: list[tf.Variable]


def update(loss: tf.Tensor, network: str, rate: tf.Tensor, config: Config, name: str) -> Update:
    """Add the update of a network that makes `loss`, `[]`, smaller.

    Args:
        network: the scope of its variables.
        rate: learning rate, `[]`.
        name: of the operation.
    """
    variables = v1.trainable_variables(f"{network}/")
    if not variables:
        raise ValueError(f"no trainable variables in scope {network}")
    optimizer = v1.train.AdamOptimizer(rate, config.beta1, epsilon=config.adam_epsilon)
    # In two calls: what averages gradients, over devices or workers, goes between them.
    gradients = optimizer.compute_gradients(loss, variables)
    with tf.control_dependencies(_update_ops(network)):
        operation = optimizer.apply_gradients(gradients, name=name)
    return Update(operation, gradients, variables)


def refuse_leftover_updates() -> None:
    """Check that the averages of every batch norm move with the update of their network.

    Raises:
        ValueError: some would never move.
    """
    known = {operation.name for network in NETWORKS for operation in _update_ops(network)}
    leftover = [op.name for op in _update_ops("") if op.name not in known]
    if leftover:
        raise ValueError(f"updates under no optimizer: {leftover}")


def _update_ops(scope: str) -> list[tf.Operation]:
    """Return the updates of a network's averages; later calls are named `<scope>_1/...`."""
    return v1.get_collection(v1.GraphKeys.UPDATE_OPS, scope)
