import math

import pytest
import tensorflow as tf

from catdcgan import losses


def evaluate(tensor):
    with tf.compat.v1.Session() as session:
        return session.run(tensor)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def test_an_undecided_discriminator_loses_twice_the_logarithm_of_two():
    logits = tf.zeros([4, 1])
    assert evaluate(losses.d_loss(logits, logits)) == pytest.approx(2 * math.log(2))


def test_the_loss_of_the_discriminator_by_hand():
    # D gives the real 3/4 and the fake 1/4: -ln(3/4) - ln(1 - 1/4).
    real, fake = tf.constant([[math.log(3)]]), tf.constant([[-math.log(3)]])
    assert evaluate(losses.d_loss(real, fake)) == pytest.approx(-2 * math.log(0.75))


def test_smoothing_moves_the_label_of_the_reals_alone():
    # Label 0.9 for p = 3/4: -0.9 ln(3/4) - 0.1 ln(1/4); the fakes keep label 0.
    real, fake = tf.constant([[math.log(3)]]), tf.constant([[-math.log(3)]])
    expected = -0.9 * math.log(0.75) - 0.1 * math.log(0.25) - math.log(0.75)
    assert evaluate(losses.d_loss(real, fake, 0.1)) == pytest.approx(expected)


def test_the_loss_of_the_generator_is_that_of_fakes_labelled_real():
    assert evaluate(losses.g_loss(tf.constant([[math.log(3)]]))) == pytest.approx(-math.log(0.75))


def test_a_loss_is_the_mean_over_the_batch():
    logits = tf.constant([[0.0], [math.log(3)]])
    expected = (math.log(2) - math.log(0.75)) / 2
    assert evaluate(losses.g_loss(logits)) == pytest.approx(expected)


def test_a_loss_is_float32_where_the_logits_are_bfloat16():
    assert losses.g_loss(tf.zeros([2, 1], tf.bfloat16)).dtype == tf.float32
