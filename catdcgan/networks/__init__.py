"""Network families, one a file: a generator and a discriminator as columns of layer calls."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """What a checkpoint's shapes tell of its networks."""

    image_size: int
    base_filters: int
    z_dim: int
