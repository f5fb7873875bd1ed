import math

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph.losses import LOSSES
from catdcgan.graph.step_numbers import measure_gradients, measure_judgement

v1 = tf.compat.v1


@pytest.fixture(scope="module")
def numbers():
    """Measure two reals and four fakes, and gradients of lengths 5 and 13."""
    with tf.Graph().as_default(), v1.Session() as session:
        weight = v1.get_variable("weight", [])
        measured = measure_judgement(
            LOSSES["non_saturating"],
            tf.constant([[0.0], [math.log(3)]]),  # D gives them 1/2 and 3/4
            tf.constant([[-1.0], [-2.0], [-3.0], [0.5]]),
            0.0,
        ) | measure_gradients(
            [(tf.constant([3.0, 0.0]), weight), (tf.constant([[4.0]]), weight)],
            [(tf.constant([5.0]), weight), (tf.constant([12.0]), weight)],
        )
        return session.run(measured)


def test_the_parts_of_the_loss_are_the_mean_cross_entropies(numbers):
    assert numbers["d_loss_real"] == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    fakes = [math.log(1 + math.exp(logit)) for logit in (-1, -2, -3, 0.5)]
    assert numbers["d_loss_fake"] == pytest.approx(np.mean(fakes))


def test_the_accuracy_is_the_share_of_each_kind_that_is_judged_rightly(numbers):
    assert numbers["d_accuracy_real"] == 0.5  # one half is not yet an opinion
    assert numbers["d_accuracy_fake"] == 0.75


def test_the_norm_of_a_gradient_is_over_all_weights_together(numbers):
    assert (numbers["d_gradient_norm"], numbers["g_gradient_norm"]) == (5, 13)
