"""Gradients of convolutions over small maps, quicker on processors than TensorFlow's own.

The gradient of a convolution's kernel is itself a convolution: the pictures of a batch and the
channels change places, and strides become dilations. oneDNN has a routine of its own for that
gradient, which is slow where the rows of a map are short; there the plain convolution takes half
the time or less (`benchmarks/README.md`). The numbers are the same but for rounding.
"""

from contextlib import AbstractContextManager

import tensorflow as tf
import tensorflow.compat.v1 as v1

LARGEST_SMALL_MAP = 8  # pixels; at 16 TensorFlow's own way is as quick or quicker


def quick_on_small_maps() -> AbstractContextManager[None]:
    """Give the SAME convolutions that are built inside, transposed ones too, these gradients."""
    return v1.get_default_graph().gradient_override_map(
        {"Conv2D": "CatdcganConv2D", "Conv2DBackpropInput": "CatdcganConv2DTranspose"}
    )


@tf.RegisterGradient("CatdcganConv2D")
def _conv2d_gradients(op: tf.Operation, gradient: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    images, kernel = op.inputs
    strides = op.get_attr("strides")
    of_images = v1.nn.conv2d_backprop_input(tf.shape(images), kernel, gradient, strides, "SAME")
    return of_images, _kernel_gradient(images, kernel, gradient, strides)


@tf.RegisterGradient("CatdcganConv2DTranspose")
def _conv2d_transpose_gradients(
    op: tf.Operation, gradient: tf.Tensor
) -> tuple[None, tf.Tensor, tf.Tensor]:
    # A transposed convolution is the gradient of one: pictures and maps change places.
    _, kernel, maps = op.inputs
    strides = op.get_attr("strides")
    of_maps = tf.nn.conv2d(gradient, kernel, strides, "SAME")
    return None, _kernel_gradient(gradient, kernel, maps, strides), of_maps


def _kernel_gradient(
    images: tf.Tensor, kernel: tf.Tensor, maps: tf.Tensor, strides: list[int]
) -> tf.Tensor:
    """Return the gradient of a kernel, `[N, H, W, C], [N, h, w, F] -> [size, size, C, F]`."""
    _, height, width, _ = maps.shape
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    if on_gpu or max(height, width) > LARGEST_SMALL_MAP:
        return v1.nn.conv2d_backprop_filter(images, kernel.shape, maps, strides, "SAME")
    size, stride = kernel.shape[0], strides[1]
    rows, columns = (
        _padding(length, maps_length, size, stride)
        for length, maps_length in zip(images.shape[1:3], (height, width), strict=True)
    )
    padded = tf.pad(tf.transpose(images, [3, 1, 2, 0]), [[0, 0], rows, columns, [0, 0]])
    filters = tf.transpose(maps, [1, 2, 0, 3])  # [h, w, N, F]
    found = tf.nn.conv2d(padded, filters, 1, "VALID", dilations=stride)  # [C, size or more, ..., F]
    return tf.transpose(found[:, :size, :size], [1, 2, 0, 3])


def _padding(length: int, maps_length: int, size: int, stride: int) -> tuple[int, int]:
    """Return how many pixels SAME adds before and after a side of `length` pixels."""
    missing = max((maps_length - 1) * stride + size - length, 0)
    return missing // 2, missing - missing // 2
