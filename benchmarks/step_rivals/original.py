"""The loop of 2018, written anew from its facts: `tf.layers`, two session runs a step, float32.

`tf.layers` runs on today's TensorFlow only through tf_keras, the old Keras.
"""

import os

from catdcgan.machine.tensorflow_import import onednn_is_on
from step_rivals.measuring import parse, random_batch, time_steps

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

v1 = tf.compat.v1


def generator(z, image_size, base_filters):
    """Return pictures of latents."""
    normal = v1.truncated_normal_initializer(stddev=0.02)
    with v1.variable_scope("generator"):
        first = image_size // 16
        x = v1.layers.dense(z, first * first * 16 * base_filters)
        x = tf.nn.leaky_relu(tf.reshape(x, [-1, first, first, 16 * base_filters]))
        for multiple in (8, 4, 2, 1):
            x = v1.layers.conv2d_transpose(
                x, multiple * base_filters, 5, 2, "same", kernel_initializer=normal
            )
            x = v1.layers.batch_normalization(x, training=True, epsilon=1e-5)
            x = tf.nn.leaky_relu(x)
        x = v1.layers.conv2d_transpose(x, 3, 5, 1, "same", kernel_initializer=normal)
        return tf.tanh(x)


def discriminator(images, base_filters, reuse):
    """Return logits of pictures."""
    normal = v1.truncated_normal_initializer(stddev=0.02)
    with v1.variable_scope("discriminator", reuse=reuse):
        x = images
        for index, (multiple, strides) in enumerate([(1, 2), (2, 2), (4, 2), (8, 1), (16, 2)]):
            x = v1.layers.conv2d(
                x,
                multiple * base_filters,
                5,
                strides,
                "same",
                kernel_initializer=normal,
                name=f"conv{index}",
            )
            x = v1.layers.batch_normalization(x, training=True, epsilon=1e-5, name=f"norm{index}")
            x = tf.nn.leaky_relu(x)
        return v1.layers.dense(v1.layers.flatten(x), 1, name="logits")


def main() -> None:
    """Measure the only way there is."""
    asked = parse(["float32"])
    v1.disable_eager_execution()
    size = asked.image_size
    reals = v1.placeholder(tf.float32, [None, size, size, 3])
    z = v1.placeholder(tf.float32, [None, asked.z_dim])
    fakes = generator(z, size, asked.base_filters)
    real_logits = discriminator(reals, asked.base_filters, reuse=False)
    fake_logits = discriminator(fakes, asked.base_filters, reuse=True)

    def cross_entropy(logits, label):
        labels = tf.ones_like(logits) * label
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

    d_loss = cross_entropy(real_logits, 0.9) + cross_entropy(fake_logits, 0.0)
    g_loss = cross_entropy(fake_logits, 1.0)
    updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS, "generator")
    trains = []
    with tf.control_dependencies(updates):
        for scope, loss in (("discriminator", d_loss), ("generator", g_loss)):
            optimizer = v1.train.AdamOptimizer(2e-4, beta1=0.5)
            trains.append(optimizer.minimize(loss, var_list=v1.trainable_variables(scope)))
    pictures, latents = random_batch(asked)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())

        def step():
            session.run(trains[0], {reals: pictures, z: latents})
            session.run(trains[1], {reals: pictures, z: latents})

        time_steps(asked, step, onednn_is_on())


if __name__ == "__main__":
    main()
