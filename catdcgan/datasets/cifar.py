"""CIFAR-10, in its binary version and in its Python version.

The Python version is pickles, and loading a pickle runs whatever it says. Here it is taken apart
by a reader to which the only things a pickle may call are three of our own that keep what they
are given.
"""

import io
import pickle
from typing import Any, NamedTuple

import numpy as np

from catdcgan.datasets.idx import FormatError

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
    try:
        content = _Reader(io.BytesIO(data), encoding="latin1").load()
    except FormatError:
        raise
    except Exception as error:
        # A damaged pickle can raise nearly anything.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise FormatError(f"no pickle that can be read ({reason}); {_NEEDED}") from error
    if not isinstance(content, dict):
        raise FormatError(f"a pickle without a dictionary; {_NEEDED}")
    content = {_text(key): value for key, value in content.items()}
    pixels, labels = content.get("data"), content.get("labels")
    if not isinstance(pixels, _Array) or not isinstance(labels, list):
        raise FormatError(f"a pickle without data and labels; {_NEEDED}")
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise FormatError(f"labels that are no class; {_NEEDED}")
    raw = pixels.content()
    if len(raw) != PIXELS * len(labels) or not labels:
        raise FormatError(f"{len(labels):,} labels and {len(raw):,} bytes of pixels; {_NEEDED}")
    return _check(
        np.frombuffer(raw, np.uint8).reshape(-1, PIXELS), np.array(labels, dtype=np.uint8)
    )


_NEEDED = "a data_batch of CIFAR-10's Python version is needed"


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


class _Array:
    """What a pickle says of an array, kept unseen: version, shape, type, order, bytes."""

    __slots__ = ("_state",)

    def __init__(self, *_: Any) -> None:
        self._state: Any = None

    def __setstate__(self, state: Any) -> None:
        self._state = state

    def content(self) -> bytes:
        """Return the bytes of an array of unsigned bytes in rows.

        Raises:
            FormatError: it is an array of something else.
        """
        match self._state:
            case (_, tuple(), _Type(name="u1" | "|u1" | "uint8"), False | 0, bytes(raw)):
                return raw
            case (_, tuple(), _Type(name="u1" | "|u1" | "uint8"), False | 0, str(raw)):
                return raw.encode("latin1")
        raise FormatError(f"an array of something besides bytes; {_NEEDED}")


class _Type:
    """What a pickle says of the type of an array's numbers."""

    __slots__ = ("name",)

    def __init__(self, name: Any = None, *_: Any) -> None:
        self.name = name

    def __setstate__(self, state: Any) -> None:
        """Take no notice: byte order and alignment mean nothing to bytes."""


class _Encoded:
    """Makes bytes of a text, as Python 3 writes them in Python 2's pickles."""

    __slots__ = ()

    def __call__(self, text: str, encoding: str = "latin1") -> bytes:
        if encoding != "latin1" or not isinstance(text, str):
            raise FormatError(f"a text in an unknown encoding; {_NEEDED}")
        return text.encode("latin1")


class _Ignored:
    """Stands for `numpy.ndarray` as an argument."""

    __slots__ = ()


class _Reader(pickle.Unpickler):
    """Reads pickles in which everything that could be called is ours and does nothing."""

    def find_class(self, module: str, name: str) -> Any:
        """Return our stand-in for the few names that an array of bytes needs."""
        # Instances without attributes: a pickle can set attributes of what it is given.
        stand_ins = {
            ("numpy.core.multiarray", "_reconstruct"): _make_array,
            ("numpy._core.multiarray", "_reconstruct"): _make_array,
            ("numpy", "ndarray"): _Ignored(),
            ("numpy", "dtype"): _make_type,
            ("_codecs", "encode"): _Encoded(),
        }
        try:
            return stand_ins[module, name]
        except KeyError:
            raise FormatError(f"a pickle that calls {module}.{name}; {_NEEDED}") from None


class _Maker:
    """Makes one kind of stand-in; without attributes of its own to set."""

    __slots__ = ("_kind",)
    _kind: type

    def __init__(self, kind: type) -> None:
        object.__setattr__(self, "_kind", kind)

    def __call__(self, *arguments: Any) -> Any:
        return self._kind(*arguments)

    def __setattr__(self, name: str, value: Any) -> None:
        raise FormatError(f"a pickle that changes what reads it; {_NEEDED}")


_make_array, _make_type = _Maker(_Array), _Maker(_Type)
