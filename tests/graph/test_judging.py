import itertools

import tensorflow as tf

from catdcgan.graph.judging import key_of

v1 = tf.compat.v1


def test_a_key_of_random_numbers_depends_on_the_seed_of_the_run_the_step_and_the_use():
    def key(seed, step, use):
        with tf.Graph().as_default(), v1.Session() as session:
            v1.set_random_seed(seed)
            return tuple(session.run(key_of(use, tf.constant(step, tf.int64))))

    places = list(itertools.product((0, 1, 2**63 - 1), (0, 1, 10**12), ("reals", "fakes", "g")))
    assert key(*places[0]) == key(*places[0])
    assert len({key(*place) for place in places}) == len(places)
