"""Features of pictures by a fixed network of random convolutions, which needs no download.

Random filters, followed by a rectifier and pooling, tell textures and layouts apart without ever
having been trained (Saxe et al. 2011, "On Random Weights and Unsupervised Feature Learning"), and
random networks can stand in for Inception where pictures are far from photographs (Naeem et al.
2020, section 4). They know nothing of cats: two pictures that differ only in what they mean
are close.

The network: 64 x 64 pixels, four times a convolution with 3 x 3 orthogonal filters, a leaky
rectifier and 2 x 2 average pooling. Its features are what each filter's map has as mean and
deviation over the picture, and the last maps averaged over quarters. The weights come from a
generator that does not change with NumPy's version, so the features are the same on any machine,
but for rounding.
"""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from catdcgan.console.progress import track
from catdcgan.metrics.stable_random import stable_normals
from catdcgan.pictures.pixels import PictureSet

VERSION = 1  # to be raised with any change that changes a feature: caches are named by it
SIZE = 64  # pixels
WIDTHS = (16, 32, 64, 64)  # filters
LEAK = 0.2
CHUNK = 64  # pictures
FEATURES = 2 * sum(WIDTHS) + 4 * WIDTHS[-1]


def embed(pictures: PictureSet) -> np.ndarray:
    """Return features, uint8 `[N, S, S, C]` -> float32 `[N, 608]`; grey ones count as colour."""
    with embedder(pictures.shape[1], pictures.shape[-1]) as embed_chunk:
        starts = range(0, len(pictures), CHUNK)
        chunks = (embed_chunk(pictures[start : start + CHUNK]) for start in starts)
        return np.concatenate(list(track(chunks, len(starts), "embedding", f"x{CHUNK} pictures")))


@contextlib.contextmanager
def embedder(image_size: int, channels: int) -> Iterator:
    """Give a function from uint8 `[N, S, S, C]` to float32 `[N, 608]`, in a session of its own."""
    import tensorflow as tf

    graph = tf.Graph()
    # On the processor: a GPU may round products to 10 bits, and this is little work.
    with graph.as_default(), graph.device("/CPU:0"):
        pictures = tf.compat.v1.placeholder(tf.uint8, [None, image_size, image_size, channels])
        features = _build(tf, pictures)
    graph.finalize()
    config = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    with tf.compat.v1.Session(graph=graph, config=config) as session:
        yield lambda chunk: session.run(features, {pictures: chunk})


def _build(tf: Any, pictures: Any) -> Any:
    """Build the network, uint8 `[N, S, S, C]` -> float32 `[N, FEATURES]`."""
    x = tf.cast(pictures, tf.float32) / 127.5 - 1
    if x.shape[-1] == 1:
        x = tf.repeat(x, 3, axis=-1)
    if x.shape[1] != SIZE:
        x = tf.image.resize(x, (SIZE, SIZE), antialias=True)
    found = []
    for weights in _weights():
        x = tf.nn.leaky_relu(tf.nn.conv2d(x, weights, 1, "SAME"), LEAK)
        mean, variance = tf.nn.moments(x, [1, 2])
        found += [mean, tf.sqrt(variance + 1e-8)]
        x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    quarters = tf.nn.avg_pool2d(x, x.shape[1] // 2, x.shape[1] // 2, "VALID")
    found.append(tf.reshape(quarters, [-1, 4 * WIDTHS[-1]]))
    return tf.concat(found, axis=1)


@functools.cache
def _weights() -> tuple[np.ndarray, ...]:
    """Return the filters, float32 `[3, 3, C, D]` each: orthogonal ones of length sqrt(2)."""
    made, inputs = [], 3
    for number, outputs in enumerate(WIDTHS):
        normals = stable_normals(f"random convolution {number}", (9 * inputs, outputs))
        basis, triangle = np.linalg.qr(normals)
        basis *= np.sign(np.diag(triangle))  # of the two signs a column could have, its own
        made.append((np.sqrt(2) * basis).reshape(3, 3, inputs, outputs).astype(np.float32))
        inputs = outputs
    return tuple(made)
