"""What can be chosen of each network family, repeated here without TensorFlow."""

from typing import NamedTuple


class Family(NamedTuple):
    """What can be chosen of one.

    Attributes:
        image_sizes: the sizes it can be built at, in pixels.
        choices: the settings of `CHOICES` that it knows.
    """

    image_sizes: tuple[int, ...]
    choices: tuple[str, ...] = ()


# Settings that mean nothing to some families. A family that is not listed can be built at the size
# of its preset, and knows none of these.
CONVOLUTIONAL = ("base_filters", "upsampling", "d_norm", "minibatch_stddev")
CHOICES = (*CONVOLUTIONAL, "gamma_mean", "dropout")


FAMILIES = {
    "dcgan": Family((32, 64, 128, 256), CONVOLUTIONAL),
    "dcgan_4x4": Family((32, 64, 128), (*CONVOLUTIONAL, "gamma_mean")),
    "fully_connected": Family((28, 32, 64), ("dropout",)),
    "fully_connected_bn": Family((28, 32, 64)),
}
