"""Keys of TensorFlow's stateless random numbers: one key always draws the same."""

import hashlib

import tensorflow as tf


def fold_in_text(key: tf.Tensor, text: str) -> tf.Tensor:
    """Return another key of stateless random numbers, int64 `[2]`, for each text."""
    return tf.random.experimental.stateless_fold_in(key, number_of(text), alg="philox")


def number_of(text: str) -> int:
    """Return a number that is the text's own, signed, of 64 bits."""
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
