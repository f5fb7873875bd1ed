"""From one replica to all: the first of the first worker gives its variables to the others."""

from collections.abc import Sequence

import tensorflow as tf

from catdcgan.workers import collective_keys as keys

Variables = Sequence[tf.Variable]


def spread(
    variables: Variables, copies: Sequence[Variables], worker: int, workers: int
) -> tf.Tensor:
    """Add to the graph what gives all replicas the same variables, bit by bit.

    Args:
        variables: of this worker's first replica.
        copies: of its other replicas, in the same order; they may have fewer.
        worker: this one's number; number 0 sends, the others receive.

    Returns:
        An operation that has ended once all have their values.
    """
    received: list[tf.Operation] = []
    if workers > 1:
        for number, variable in enumerate(variables, keys.FIRST_OF_SPREADING):
            received.append(_send_or_receive(variable, number, worker, workers))
    with tf.control_dependencies(received):
        return tf.group(
            *(
                copy.assign(variable.read_value(), read_value=False)
                for copies_of_one in copies
                for variable, copy in zip(variables, copies_of_one, strict=False)
            )
        )


def _send_or_receive(variable: tf.Variable, number: int, worker: int, workers: int) -> tf.Operation:
    known = {"group_size": workers, "group_key": keys.FIRST_OF_WORKERS, "instance_key": number}
    shape = variable.shape.as_list()
    if worker == 0:
        return tf.raw_ops.CollectiveBcastSend(input=variable.read_value(), shape=shape, **known).op
    value = tf.raw_ops.CollectiveBcastRecv(T=variable.dtype.base_dtype, shape=shape, **known)
    return variable.assign(value, read_value=False)
