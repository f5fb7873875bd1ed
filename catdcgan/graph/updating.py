"""How a network is updated: its gradients, then Adam, with what its batch norms have gathered.

Where replicas share a batch, their gradients are added up before Adam sees them, so that all do the
same update; what is to be told of the step travels with them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.layers.replicas import current
from catdcgan.settings.config import Config

NETWORKS = ("discriminator", "generator")


class Update(NamedTuple):
    """Handles of a network's update.

    Attributes:
        operation: does it, the moving averages of batch statistics included.
        gradients: of the whole batch, each with its variable.
        variables: that are trained.
        told: what was to be told, over the whole batch.
    """

    operation: tf.Operation
    gradients: list[tuple[tf.Tensor, tf.Variable]]
    variables: list[tf.Variable]
    told: dict[str, tf.Tensor]


def update(
    loss: tf.Tensor,
    network: str,
    rate: tf.Tensor,
    config: Config,
    name: str,
    told: Mapping[str, tf.Tensor],
) -> Update:
    """Add the update of a network that makes `loss`, `[]`, smaller.

    Args:
        loss: the mean over the own rows of the batch.
        network: the scope of its variables.
        rate: learning rate, `[]`.
        name: of the operation.
        told: means over the own rows by name, float32 `[]` each.
    """
    variables = v1.trainable_variables(f"{scope_of(network)}/")
    if not variables:
        raise ValueError(f"no trainable variables in scope {network}")
    replica = current()
    optimizer = v1.train.AdamOptimizer(rate, config.beta1, epsilon=config.adam_epsilon)
    found = [gradient for gradient, _ in optimizer.compute_gradients(replica.part(loss), variables)]
    totals = replica.totals([*found, *map(replica.part, told.values())])
    gradients = list(zip(totals[: len(found)], variables, strict=True))
    with tf.control_dependencies(update_ops(network)):
        operation = optimizer.apply_gradients(gradients, name=name)
    return Update(
        operation, gradients, variables, dict(zip(told, totals[len(found) :], strict=True))
    )


def refuse_leftover_updates() -> None:
    """Check that the averages of every batch norm move with the update of their network.

    Raises:
        ValueError: some would never move.
    """
    known = {operation.name for network in NETWORKS for operation in update_ops(network)}
    here = v1.get_variable_scope().name
    leftover = [
        op.name
        for op in v1.get_collection(v1.GraphKeys.UPDATE_OPS, f"{here}/" if here else None)
        if op.name not in known
    ]
    if leftover:
        raise ValueError(f"updates under no optimizer: {leftover}")


def update_ops(network: str) -> list[tf.Operation]:
    """Return the updates of a network's averages; later calls are named `<scope>_1/...`."""
    return v1.get_collection(v1.GraphKeys.UPDATE_OPS, scope_of(network))


def scope_of(network: str) -> str:
    """Return the scope of a network of the replica that is being built."""
    here = v1.get_variable_scope().name
    return f"{here}/{network}" if here else network
