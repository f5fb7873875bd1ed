"""Features of pictures by Inception v3, from a file of weights that the user names.

The network is Keras's (Szegedy et al. 2015); its features are the 2,048 of the last pooling, as for
the FID of Heusel et al. 2017. Figures made with them are NOT comparable with published FID and KID:
those come from other weights (of TensorFlow's 2015 archive), which see a picture resized in another
way (Parmar et al. 2022 tell how much that alone changes). Among one another they compare.

Nothing is downloaded. Keras names its file inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5
(the one without `_notop` will do as well); any file that `save_weights` or `save` wrote of this
network is taken too.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from catdcgan.console.errors import UserError, first_line_of
from catdcgan.console.progress import track
from catdcgan.console.words import printable
from catdcgan.pictures.pixels import PictureSet
from catdcgan.storage import files

VERSION = 1  # to be raised with any change that changes a feature: caches are named by it
SIZE = 299  # pixels
FEATURES = 2048
CLASSES = 1000  # of a file that has the last layer too
CHUNK = 16  # pictures: 100 MB of maps each layer


def refuse_unusable(path: str, flag: str) -> None:
    """Check, without TensorFlow, that a file may be one of weights.

    Raises:
        UserError: it is none; the text says what it is.
    """
    shown = f"{flag}: {printable(path)}"
    if not files.exists(path):
        raise UserError(f"{shown}: not found; a file of weights of Keras's InceptionV3 is needed.")
    if files.is_folder(path) or not _format_of(path):
        kind = "a folder" if files.is_folder(path) else "of another kind"
        raise UserError(f"{shown}: {kind}; .h5, .weights.h5 or .keras of InceptionV3 is needed.")


def embed_with_inception(pictures: PictureSet, path: str, flag: str) -> np.ndarray:
    """Return features, uint8 `[N, S, S, C]` -> float32 `[N, 2048]`; grey ones count as colour.

    Args:
        path: of the weights.
        flag: which named them, for errors.

    Raises:
        UserError: the file is damaged, or of another network.
    """
    import tensorflow as tf

    model = _load(tf, path, flag)
    features = []
    for chunk in track(_chunks(pictures), -(-len(pictures) // CHUNK), "Inception", "chunk"):
        x = tf.cast(chunk, tf.float32)
        if x.shape[-1] == 1:
            x = tf.repeat(x, 3, axis=-1)
        x = tf.image.resize(x, (SIZE, SIZE), antialias=True) / 127.5 - 1
        features.append(np.asarray(model(x, training=False), np.float32))
    return np.concatenate(features)


def _chunks(pictures: PictureSet) -> Iterator[np.ndarray]:
    for start in range(0, len(pictures), CHUNK):
        yield pictures[start : start + CHUNK]


def _load(tf: Any, path: str, flag: str) -> Any:
    """Return Keras's network up to the last pooling, with the weights of a file."""
    applications = tf.keras.applications
    with_classes = _has_classes(path)
    shape = (SIZE, SIZE, 3)
    try:
        if _format_of(path) == "keras":
            model = tf.keras.models.load_model(path, compile=False, safe_mode=True)
        else:
            options: dict[str, Any] = {"classes": CLASSES} if with_classes else {"pooling": "avg"}
            model = applications.InceptionV3(
                include_top=with_classes, weights=None, input_shape=shape, **options
            )
            model.load_weights(path)
        pooled = next(layer for layer in model.layers[::-1] if _is_pooled(layer))
    except Exception as error:  # whatever Keras and HDF5 have to say of it
        reason = printable(first_line_of(error))
        raise UserError(
            f"{flag}: {printable(path)}: does not fit ({reason}); weights of Keras's "
            "InceptionV3 are needed."
        ) from error
    return tf.keras.Model(model.inputs, pooled.output)


def _is_pooled(layer: Any) -> bool:
    return type(layer).__name__ == "GlobalAveragePooling2D" and layer.output.shape[-1] == FEATURES


def _format_of(path: str) -> str | None:
    """Return `h5` or `keras`, None where a file is of another kind."""
    with open(path, "rb") as file:
        head = file.read(8)
    if head == b"\x89HDF\r\n\x1a\n":
        return "h5"
    return "keras" if head[:4] == b"PK\x03\x04" and path.endswith(".keras") else None


def _has_classes(path: str) -> bool:
    """Tell whether the weights have a last layer for 1,000 classes."""
    import h5py

    if _format_of(path) != "h5":
        return False
    names: list[str] = []
    with h5py.File(path, "r") as file:
        file.visit(names.append)
        layers = file.attrs.get("layer_names", [])
    return any("predictions" in str(name) for name in [*names, *layers])
