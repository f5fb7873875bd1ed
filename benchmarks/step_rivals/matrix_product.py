"""The machine's limit: one large product of matrices, in TensorFlow and in each precision."""

import time

from catdcgan.machine.tensorflow_import import import_tensorflow
from in_turns import report
from step_rivals.measuring import parse

SIZE = 6144  # rows and columns: large enough that memory does not matter
PRODUCTS = 4


def main() -> None:
    """Report the operations a second (a multiplication and an addition are two) of each product."""
    asked = parse(["bfloat16", "float32"])
    import_tensorflow()
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        first, second = (
            tf.Variable(tf.cast(tf.random.normal([SIZE, SIZE], seed=seed), asked.way))
            for seed in (1, 2)
        )
        product = tf.matmul(first, second).op
        session.run(v1.global_variables_initializer())
        session.run(product)
        rates = []
        for _ in range(PRODUCTS):
            began = time.perf_counter()
            session.run(product)
            rates.append(2 * SIZE**3 / (time.perf_counter() - began))
    report(rates=rates)


if __name__ == "__main__":
    main()
