"""Inputs sent to the GPU while the step before theirs is still running."""

from collections.abc import Sequence

import tensorflow as tf
import tensorflow.compat.v1 as v1


def send_ahead(inputs: Sequence[tf.Tensor], device: str) -> tuple[tf.Operation, list[tf.Tensor]]:
    """Put a queue on `device` between inputs that are fed and what is computed from them.

    Feeding a step copies its pictures to the GPU before its first operation can begin. With the
    queue they are fed by a run of their own, in another thread, one or more steps ahead; a step
    then finds them on the GPU (TensorFlow's performance guide calls it a staging area).

    Args:
        inputs: what is fed.
        device: where the queue is, such as `/GPU:0`.

    Returns:
        The operation that is run ahead, once a step and in the order of the steps; and the inputs
        as the step takes them from the queue.
    """
    types = [tensor.dtype for tensor in inputs]
    scope = v1.get_variable_scope().name
    name = f"{scope}/inputs" if scope else "inputs"  # of the queue: each replica has its own
    with v1.device(device):
        send = tf.raw_ops.Stage(values=list(inputs), shared_name=name)
        taken = tf.raw_ops.Unstage(dtypes=types, shared_name=name)
    for fed, tensor in zip(inputs, taken, strict=True):
        tensor.set_shape(fed.shape)
    return send, taken
