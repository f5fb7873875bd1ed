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
