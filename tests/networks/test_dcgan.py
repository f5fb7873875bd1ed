import numpy as np
import tensorflow as tf

from catdcgan.networks import dcgan

v1 = tf.compat.v1


def make_generator(image_size, base_filters):
    return v1.make_template(
        "generator", dcgan.generator, image_size=image_size, base_filters=base_filters
    )


def test_pictures_are_float32_between_minus_one_and_one():
    with tf.Graph().as_default():
        images = make_generator(32, 2)(tf.zeros([1, 4]), is_training=True) * 1.0
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            pixels = session.run(images)
    assert pixels.dtype == "float32"
    assert pixels.shape == (1, 32, 32, 3)
    assert abs(pixels).max() <= 1


def test_the_discriminator_gives_one_logit_a_picture_at_every_size():
    for image_size in (32, 64, 128, 256):
        with tf.Graph().as_default():
            judge = v1.make_template("discriminator", dcgan.discriminator, base_filters=1)
            assert judge(tf.zeros([5, image_size, image_size, 3])).shape == [5, 1]


def test_a_logit_depends_on_the_rest_of_the_batch_only_where_that_is_asked_for():
    """Without batch norm; with it every logit does."""
    equal = {}
    for told in (False, True):
        with tf.Graph().as_default():
            v1.set_random_seed(1)
            pictures = tf.random.stateless_normal([3, 32, 32, 3], [1, 2], stddev=1e3)
            judge = v1.make_template(
                "discriminator",
                dcgan.discriminator,
                base_filters=2,
                d_norm="none",
                minibatch_stddev=told,
            )
            few, all_of_them = judge(pictures[:2]), judge(pictures)
            with v1.Session() as session:
                session.run(v1.global_variables_initializer())
                few, all_of_them = session.run([few, all_of_them])
        equal[told] = np.allclose(few, all_of_them[:2], rtol=1e-3)
    assert equal == {False: True, True: False}
