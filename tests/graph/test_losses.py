import math

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph import losses
from catdcgan.graph.losses import LOSSES
from catdcgan.settings.config import LOSSES as NAMES

LN3 = math.log(3)  # the logit of 3/4


def evaluate(tensor):
    with tf.compat.v1.Session() as session:
        return session.run(tensor)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def losses_of(name, reals, fakes, label_smoothing=0.0):
    """Return (d_loss, g_loss) of logits."""
    loss = LOSSES[name]
    scores = loss.score(tf.constant(reals)[:, None], tf.constant(fakes)[:, None])
    return evaluate([loss.d_loss(*scores, label_smoothing), loss.g_loss(*scores)])


def test_every_loss_that_can_be_asked_for_is_there():
    assert tuple(LOSSES) == NAMES


def test_an_undecided_discriminator_loses_twice_the_logarithm_of_two():
    d_loss, _ = losses_of("non_saturating", [0.0] * 4, [0.0] * 4)
    assert d_loss == pytest.approx(2 * math.log(2))


@pytest.mark.parametrize("name", LOSSES)
def test_what_minimises_the_loss_of_half_reals_and_half_fakes_is_on_the_boundary(name):
    """Where a picture is as often real as fake, D's best score says neither."""
    scores = np.linspace(-1, 1, 201, dtype=np.float32)
    loss = LOSSES[name]
    lost = loss.real_term(tf.constant(scores), 0.0) + loss.fake_term(tf.constant(scores))
    lost, belief = evaluate([lost, loss.belief(tf.constant([loss.boundary]))])
    best = scores[lost < lost.min() + 1e-6].mean()  # a hinge is as low on a whole stretch
    assert best == pytest.approx(loss.boundary, abs=1e-3)
    assert belief == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("name", "reals", "fakes", "d_loss", "g_loss"),
    [
        # D gives the real 3/4 and the fake 1/4: -ln(3/4) - ln(1 - 1/4); G: -ln(1/4).
        ("non_saturating", [LN3], [-LN3], -2 * math.log(0.75), -math.log(0.25)),
        # Reals: max(0, 1 - 0.5) and max(0, 1 - 3); fakes: max(0, 1 - 2) and max(0, 1 + 1).
        ("hinge", [0.5, 3.0], [-2.0, 1.0], 0.25 + 1.0, 0.5),
        # (3 - 1)^2 / 2 + 0.5^2 / 2; G: (0.5 - 1)^2 / 2.
        ("least_squares", [3.0], [0.5], 2.0 + 0.125, 0.125),
        # All reals are ln 3 above all fakes: as 3/4 and 1/4 above, and G the other way round.
        ("relativistic", [LN3 + 5] * 2, [5.0] * 3, -2 * math.log(0.75), -2 * math.log(0.25)),
        # Mean of fakes 1, of reals 2; reals 0 and 2 above, fakes 2 below and 0.
        # D: ((0 - 1)^2 + (2 - 1)^2) / 2 + ((-2 + 1)^2 + (0 + 1)^2) / 2 = 2.
        # G: ((0 + 1)^2 + (2 + 1)^2) / 2 + ((-2 - 1)^2 + (0 - 1)^2) / 2 = 10.
        ("relativistic_least_squares", [1.0, 3.0], [0.0, 2.0], 2.0, 10.0),
        # D: (max(0, 1 - 0) + max(0, 1 - 2)) / 2 + (max(0, 1 - 2) + max(0, 1 + 0)) / 2 = 1.
        # G: (max(0, 1 + 0) + max(0, 1 + 2)) / 2 + (max(0, 1 + 2) + max(0, 1 - 0)) / 2 = 4.
        ("relativistic_hinge", [1.0, 3.0], [0.0, 2.0], 1.0, 4.0),
    ],
)
def test_a_loss_by_hand(name, reals, fakes, d_loss, g_loss):
    assert losses_of(name, reals, fakes) == pytest.approx([d_loss, g_loss])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Label 0.9 for p = 3/4: -0.9 ln(3/4) - 0.1 ln(1/4); the fakes keep label 0.
        ("non_saturating", -0.9 * math.log(0.75) - 0.1 * math.log(0.25) - math.log(0.75)),
        ("least_squares", (LN3 - 0.9) ** 2 / 2 + LN3**2 / 2),
    ],
)
def test_smoothing_moves_the_label_of_the_reals_alone(name, expected):
    d_loss, g_loss = losses_of(name, [LN3], [-LN3], 0.1)
    assert d_loss == pytest.approx(expected)
    assert g_loss == pytest.approx(losses_of(name, [LN3], [-LN3])[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_relativistic_loss_and_no_other_overlooks_what_is_added_to_all_logits(name):
    moved = losses_of(name, [11.0, 13.0], [10.0, 12.5])
    same = np.allclose(moved, losses_of(name, [1.0, 3.0], [0.0, 2.5]))
    assert same == LOSSES[name].relativistic


def test_a_loss_is_float32_where_the_logits_are_bfloat16():
    loss = LOSSES["non_saturating"]
    scores = loss.score(*[tf.zeros([2, 1], tf.bfloat16)] * 2)
    assert loss.g_loss(*scores).dtype == tf.float32


def small_discriminator(images, kernel):
    hidden = tf.tanh(tf.nn.conv2d(images, kernel, 2, "SAME"))
    return tf.reduce_sum(tf.square(hidden), axis=[1, 2, 3])[:, None]


def test_r1_of_a_linear_discriminator_is_half_the_squared_length_of_its_weights():
    images = tf.random.stateless_normal([5, 2, 2, 1], [0, 0])
    weights = tf.constant([[1.0], [2.0], [0.0], [-3.0]])
    logits = tf.matmul(tf.reshape(images, [5, 4]), weights)
    assert evaluate(losses.r1_penalty(logits, images)) == pytest.approx((1 + 4 + 9) / 2)


def test_the_gradient_of_r1_is_that_of_finite_differences():
    random = np.random.default_rng(0)
    images = tf.constant(random.normal(size=(3, 4, 4, 2)))
    kernel = tf.compat.v1.placeholder(tf.float64, [3, 3, 2, 2])
    penalty = losses.r1_penalty(small_discriminator(images, kernel), images)
    (gradient,) = tf.gradients(penalty, [kernel])
    at, along = random.normal(size=(2, 3, 3, 2, 2))
    small = 1e-5
    with tf.compat.v1.Session() as session:
        slope = np.sum(session.run(gradient, {kernel: at}) * along)
        after, before = (
            session.run(penalty, {kernel: at + sign * small * along}) for sign in (1, -1)
        )
    assert slope == pytest.approx((after - before) / (2 * small), rel=1e-6)
