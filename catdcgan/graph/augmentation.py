"""DiffAugment: random changes of the pictures on their way to the discriminator.

Reals and fakes are changed alike and the generator learns through the changes, so that they do
not appear in what it makes, while D, which sees each picture in another way each time, cannot
learn few pictures by heart. Zhao, Liu, Lin, Zhu & Han, "Differentiable augmentation for
data-efficient GAN training", 2020; strengths are those of its section 4.

Every picture of a batch is changed in its own way; random numbers are stateless, so that a step
is the same in a run that was stopped and continued, and on any number of replicas.
"""

import tensorflow as tf

from catdcgan.layers.replicas import current
from catdcgan.randomness.keys import fold_in_text

BRIGHTNESS = 0.5  # added to all pixels: up to plus or minus this, where the whole range is 2
SATURATION = 2.0  # distance of a pixel from its own grey: times 0 to this
CONTRAST = (0.5, 1.5)  # distance of a pixel from the picture's mean: times this
SHIFT = 1 / 8  # of the width, up to so far in each direction; what comes in is 0
CUTOUT = 1 / 2  # of the width: side of the square that is set to 0


def augment(images: tf.Tensor, kinds: tuple[str, ...], key: tf.Tensor) -> tf.Tensor:
    """Change pictures, float32 `[N, H, W, C]` -> the same shape.

    Args:
        kinds: of `KINDS`, applied in this order.
        key: int64 `[2]`; equal keys change equal batches alike.
    """
    for kind in kinds:
        images = KINDS[kind](images, fold_in_text(key, kind))
    return images


def _color(images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    draws = current().draw(
        lambda rows: tf.random.stateless_uniform([3, rows, 1, 1, 1], key, alg="philox"),
        images,
        axis=1,
    )
    brightness = (draws[0] * 2 - 1) * BRIGHTNESS
    saturation = draws[1] * SATURATION
    low, high = CONTRAST
    contrast = low + draws[2] * (high - low)
    # The three changes in turn, gathered into one sum: each pass over all pixels costs time.
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    mean = tf.reduce_mean(grey, axis=[1, 2], keepdims=True)
    same = contrast * (1 - saturation) * grey + brightness + (1 - contrast) * mean
    return contrast * saturation * images + same


def _translation(images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    most = round(images.shape[1] * SHIFT)
    # A picture is cut out of one with a border of zeros, at a place of its own.
    places = _draw_places(images, key, 2 * most + 1)
    padded = tf.pad(images, [[0, 0], [most, most], [most, most], [0, 0]])
    rows = tf.range(images.shape[1]) + places[0][:, None]  # [N, H]
    columns = tf.range(images.shape[2]) + places[1][:, None]  # [N, W]
    padded = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(padded, columns, axis=2, batch_dims=1)


def _cutout(images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    _, height, width, _ = images.shape
    side = round(width * CUTOUT)
    # The middle of the square is anywhere in the picture; what lies outside is lost.
    places = _draw_places(images, key, width + 1 - side % 2)
    first = places - side // 2  # [2, N]
    inside = [
        (tf.range(size) >= start[:, None]) & (tf.range(size) < start[:, None] + side)
        for size, start in ((height, first[0]), (width, first[1]))
    ]
    square = inside[0][:, :, None, None] & inside[1][:, None, :, None]  # [N, H, W, 1]
    return images * tf.cast(~square, images.dtype)


def _draw_places(images: tf.Tensor, key: tf.Tensor, count: int) -> tf.Tensor:
    """Return a row and a column below `count` for each picture, int32 `[2, N]`."""
    return current().draw(
        lambda rows: tf.random.stateless_uniform(
            [2, rows], key, 0, count, dtype=tf.int32, alg="philox"
        ),
        images,
        axis=1,
    )


KINDS = {"color": _color, "translation": _translation, "cutout": _cutout}
