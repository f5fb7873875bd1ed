import numpy as np
import tensorflow as tf

from catdcgan.randomness.keys import fold_in_text, number_of


def evaluate(key, text):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        return session.run(fold_in_text(tf.constant(key, tf.int64), text))


def test_a_key_with_a_text_is_always_the_same_other_key():
    assert np.array_equal(evaluate([1, 2], "color"), evaluate([1, 2], "color"))
    for other in (evaluate([1, 2], "cutout"), evaluate([1, 3], "color"), np.array([1, 2])):
        assert not np.array_equal(evaluate([1, 2], "color"), other)


def test_the_number_of_a_text_is_the_same_on_every_machine():
    """The initial weights of every run hang on it."""
    assert number_of("") == 0x141CFC9842C4B0E3  # SHA-256's first eight bytes, the least first
    assert -(2**63) <= number_of("generator/dense/kernel") < 2**63
