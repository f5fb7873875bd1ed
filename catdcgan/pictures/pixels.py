"""Pixels to floats and back, grids, and encoded pictures. The only owner of the pixel range.

A network sees floats in [-pixel_range, pixel_range]; a file holds uint8 in [0, 255]. The scale
is fixed: nothing here looks at the values of a picture to choose it, so the brightness of two
snapshots can be compared.
"""

from typing import Any, Protocol

import imageio.v3 as imageio
import numpy as np

JPEG_QUALITY = 95


class PictureSet(Protocol):
    """Pictures that are read when they are asked for, uint8 `[N, S, S, C]`: an array is one too."""

    shape: Any

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, part: slice, /) -> np.ndarray:
        """Return some that lie side by side, uint8 `[n, S, S, C]`."""
        ...


def to_floats(images: np.ndarray, pixel_range: float) -> np.ndarray:
    """Scale pixels, uint8 `[N, H, W, C]` -> float32 `[N, H, W, C]` in [-pixel_range, pixel_range].

    0 becomes exactly -pixel_range and 255 exactly pixel_range.
    """
    scaled = images.astype(np.float32)
    scaled -= 127.5
    scaled /= np.float32(127.5 / pixel_range)  # divided, not multiplied: 127.5 / 127.5 is 1
    return scaled


def to_pixels(images: np.ndarray, pixel_range: float) -> np.ndarray:
    """Undo `to_floats`: float `[N, H, W, C]` -> uint8 `[N, H, W, C]`, rounded and clipped."""
    scaled = np.asarray(images, dtype=np.float32) * np.float32(127.5 / pixel_range) + 127.5
    # Clipped before the cast: uint8(255.6) would wrap to 0 and turn highlights black.
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def make_grid(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Lay pictures out row by row, uint8 `[N, H, W, C]` -> uint8 `[rows * H, columns * W, C]`.

    Places without a picture are black; pictures without a place are left out.
    """
    count, height, width, channels = images.shape
    shown = min(count, rows * columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:shown] = images[:shown]
    cells = cells.reshape(rows, columns, height, width, channels)
    return cells.swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def encode_jpeg(image: np.ndarray) -> bytes:
    """Return a JPEG file of one picture, uint8 `[H, W, 3]`, or `[H, W, 1]` for a grey one."""
    # Without chroma subsampling: at 128 pixels it would halve the resolution of an iris.
    return imageio.imwrite(
        "<bytes>", _drop_single(image), extension=".jpg", quality=JPEG_QUALITY, subsampling=0
    )


def encode_png(image: np.ndarray) -> bytes:
    """Return a PNG file of one picture, uint8 `[H, W, 3]` or `[H, W, 1]`, without loss."""
    return imageio.imwrite("<bytes>", _drop_single(image), extension=".png")


def _drop_single(image: np.ndarray) -> np.ndarray:
    """Return a grey picture, `[H, W, 1]`, as the `[H, W]` that encoders want."""
    return image[..., 0] if image.shape[-1] == 1 else image
