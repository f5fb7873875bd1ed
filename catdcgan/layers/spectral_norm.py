"""Spectral normalisation: every kernel is divided by its largest singular value.

Miyato, Kataoka, Koyama & Yoshida, "Spectral normalization for generative adversarial networks",
2018: one round of power iteration a step, from where the last step's ended, which is kept in
`<layer>/u`.
"""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.layers import initializers


def get_normalised(getter: Callable, name: str, *args: Any, **options: Any) -> tf.Tensor:
    """Get a variable as `getter` does; of a kernel, the quotient by its largest singular value.

    A custom getter of a variable scope. The first time a kernel is got, moving its `u` is added
    to UPDATE_OPS; whoever gets it again in the same step has to do so after that.
    """
    variable = getter(name, *args, **options)
    if not name.endswith("/kernel"):
        return variable
    u_name = f"{name.removesuffix('kernel')}u"
    known = {v.op.name for v in v1.global_variables()}
    units = variable.shape[-1]
    initializer = initializers.seeded(initializers.normal(0.0, 1.0), u_name)
    u = getter(
        u_name, **options | {"shape": [1, units], "initializer": initializer, "trainable": False}
    )
    with tf.name_scope(f"{name.removesuffix('kernel')}spectral_norm/"):  # none is open here
        matrix = tf.reshape(variable, [math.prod(variable.shape[:-1]), units])
        fixed = tf.stop_gradient(matrix)
        v = tf.math.l2_normalize(tf.matmul(u, fixed, transpose_b=True))
        next_u = tf.math.l2_normalize(tf.matmul(v, fixed))
        if u_name not in known:
            v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, u.assign(next_u, read_value=False))
        largest = tf.matmul(tf.matmul(v, matrix), next_u, transpose_b=True)  # [1, 1]
        return variable / tf.squeeze(largest)
