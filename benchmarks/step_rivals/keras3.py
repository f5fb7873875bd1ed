"""The same networks and update in Keras 3 on TensorFlow, a step as one compiled function."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf
from keras import layers

from step_rivals.measuring import parse, random_batch, time_steps


def make_generator(z_dim: int, image_size: int, base_filters: int) -> keras.Model:
    """Return a network of latents to pictures."""
    first = image_size // 16
    normal = keras.initializers.TruncatedNormal(stddev=0.02)
    network = [
        keras.Input([z_dim]),
        layers.Dense(first * first * 16 * base_filters),
        layers.Reshape([first, first, 16 * base_filters]),
        layers.LeakyReLU(0.2),
    ]
    for multiple in (8, 4, 2, 1):
        network += [
            layers.Conv2DTranspose(
                multiple * base_filters, 5, 2, "same", kernel_initializer=normal
            ),
            layers.BatchNormalization(epsilon=1e-5),
            layers.LeakyReLU(0.2),
        ]
    network += [
        layers.Conv2DTranspose(3, 5, 1, "same", kernel_initializer=normal),
        layers.Activation("tanh", dtype="float32"),
    ]
    return keras.Sequential(network)


def make_discriminator(image_size: int, base_filters: int) -> keras.Model:
    """Return a network of pictures to logits."""
    normal = keras.initializers.TruncatedNormal(stddev=0.02)
    network = [keras.Input([image_size, image_size, 3])]
    for multiple, strides in [(1, 2), (2, 2), (4, 2), (8, 1), (16, 2)]:
        network += [
            layers.Conv2D(multiple * base_filters, 5, strides, "same", kernel_initializer=normal),
            layers.BatchNormalization(epsilon=1e-5),
            layers.LeakyReLU(0.2),
        ]
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(1, dtype="float32")])


def main() -> None:
    """Measure; a way is a policy of Keras."""
    asked = parse(["mixed_bfloat16", "float32"])
    keras.config.set_dtype_policy(asked.way)
    generator = make_generator(asked.z_dim, asked.image_size, asked.base_filters)
    discriminator = make_discriminator(asked.image_size, asked.base_filters)
    optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    optimizers[0].build(discriminator.trainable_variables)
    optimizers[1].build(generator.trainable_variables)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    pictures, latents = (tf.constant(array) for array in random_batch(asked))

    @tf.function
    def train() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as g_tape:
            fakes = generator(latents, training=True)
            with tf.GradientTape() as d_tape:
                real_logits = discriminator(pictures, training=True)
                fake_logits = discriminator(tf.stop_gradient(fakes), training=True)
                d_loss = cross_entropy(0.9 * tf.ones_like(real_logits), real_logits)
                d_loss += cross_entropy(tf.zeros_like(fake_logits), fake_logits)
            weights = discriminator.trainable_variables
            gradients = d_tape.gradient(d_loss, weights)
            optimizers[0].apply_gradients(zip(gradients, weights, strict=True))
            judged_logits = discriminator(fakes, training=True)
            g_loss = cross_entropy(tf.ones_like(judged_logits), judged_logits)
        weights = generator.trainable_variables
        gradients = g_tape.gradient(g_loss, weights)
        optimizers[1].apply_gradients(zip(gradients, weights, strict=True))
        return d_loss, g_loss

    time_steps(asked, lambda: [loss.numpy() for loss in train()])


if __name__ == "__main__":
    main()
