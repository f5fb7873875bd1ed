"""What a step is fed with: placeholders, and what the networks take of them."""

from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.graph import staging
from catdcgan.layers.replicas import current
from catdcgan.settings.config import Config


class Inputs(NamedTuple):
    """Handles of the inputs.

    N and M are the rows that a replica sees.

    | symbol | shape | description |
    |---|---|---|
    | real_images | [N, S, S, C] | placeholder, in [-pixel_range, pixel_range] |
    | z           | [N, z_dim]   | placeholder |
    | g_z         | [M, z_dim]   | what G learns on: z, or a placeholder for fresh latents |
    | lr_d, lr_g  | []           | placeholders, one learning rate a network |
    | step        | []           | placeholder, int64: steps done so far; no variable |
    | wish        | []           | placeholder: above 0 to stop; None where one decides alone |
    | send_ahead  |              | op: the first three of a step to the GPU; None without |
    | reals, d_latents, g_latents | | the first three, as the networks take them |
    """

    real_images: tf.Tensor
    z: tf.Tensor
    g_z: tf.Tensor
    lr_d: tf.Tensor
    lr_g: tf.Tensor
    step: tf.Tensor
    wish: tf.Tensor | None
    send_ahead: tf.Operation | None
    reals: tf.Tensor
    d_latents: tf.Tensor
    g_latents: tf.Tensor


def make_inputs(config: Config, send_ahead_to: str | None) -> Inputs:
    """Add the inputs of a step of the replica at hand to the graph.

    Args:
        send_ahead_to: a device, such as `/GPU:0`, where pictures and latents wait for their step.
    """
    shape = [None, config.image_size, config.image_size, config.channels]
    real_images = v1.placeholder(tf.float32, shape, "real_images")
    z = g_z = v1.placeholder(tf.float32, [None, config.z_dim], "z")
    if config.fresh_noise:
        g_z = v1.placeholder(tf.float32, [None, config.z_dim], "g_z")
    lr_d = v1.placeholder(tf.float32, [], "lr_d")
    lr_g = v1.placeholder(tf.float32, [], "lr_g")
    step = v1.placeholder(tf.int64, [], "step")
    wish = None if current().is_alone else v1.placeholder(tf.float32, [], "wish")
    fed = [real_images, z, g_z]
    send_ahead, taken = staging.send_ahead(fed, send_ahead_to) if send_ahead_to else (None, fed)
    return Inputs(real_images, z, g_z, lr_d, lr_g, step, wish, send_ahead, *taken)
