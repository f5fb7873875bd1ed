"""CIFAR-10, in its binary version and in its Python version.

The Python version is pickles, and loading a pickle runs whatever it says. `pickled` reads them, and
nothing in them is executed.
"""

from typing import Any, NamedTuple

import numpy as np

from catdcgan.datasets.idx import FormatError
from catdcgan.datasets.pickled import NEEDED, Array, read_pickle

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
SIDE, CHANNELS = 32, 3
PIXELS = CHANNELS * SIDE * SIDE  # bytes of a picture: a plane of red, of green, of blue
RECORD = 1 + PIXELS  # bytes: the label, then the pixels


class Labelled(NamedTuple):
    """Pictures and the numbers of their classes.

    Attributes:
        images: uint8 `[N, H, W, C]`.
        labels: uint8 `[N]`.
    """

    images: np.ndarray
    labels: np.ndarray


def parse_binary(data: bytes) -> Labelled:
    """Return what a file of the binary version holds: any whole number of 3,073-byte records.

    Raises:
        FormatError: it is no such file.
    """
    if not data or len(data) % RECORD:
        raise FormatError(f"{len(data):,} bytes; a whole number of records of {RECORD} is needed")
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    return _check(records[:, 1:], records[:, 0])


def parse_pickle(data: bytes) -> Labelled:
    """Return what a file of the Python version holds; nothing it contains is executed.

    Raises:
        FormatError: it is no such file, or asks for anything besides an array of bytes.
    """
    content = read_pickle(data)
    if not isinstance(content, dict):
        raise FormatError(f"a pickle without a dictionary; {NEEDED}")
    content = {_text(key): value for key, value in content.items() if not isinstance(key, int)}
    pixels, labels = content.get("data"), content.get("labels")
    if not isinstance(pixels, Array) or not isinstance(labels, list):
        raise FormatError(f"a pickle without data and labels; {NEEDED}")
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise FormatError(f"labels that are no class; {NEEDED}")
    raw = pixels.content()
    if len(raw) != PIXELS * len(labels) or not labels:
        raise FormatError(f"{len(labels):,} labels and {len(raw):,} bytes of pixels; {NEEDED}")
    return _check(
        np.frombuffer(raw, np.uint8).reshape(-1, PIXELS), np.array(labels, dtype=np.uint8)
    )


def _check(pixels: np.ndarray, labels: np.ndarray) -> Labelled:
    if labels.max() >= len(CLASSES):
        raise FormatError(
            f"a label {labels.max()}; labels from 0 to {len(CLASSES) - 1}, those of CIFAR-10, "
            "are needed"
        )
    planes = pixels.reshape(-1, CHANNELS, SIDE, SIDE)
    return Labelled(planes.transpose(0, 2, 3, 1), labels)  # [N, 32, 32, 3]


def _text(key: Any) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)
