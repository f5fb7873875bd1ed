"""A batch that several replicas of the networks share: each sees its own rows of it.

A replica is what one device computes, and has variables of its own; devices of one process and
devices of several are alike. What depends on the whole batch asks the replica at hand, which asks
the others by TensorFlow's collective operations:

    with within(Replica(index=0, count=2, batch_size=64)):
        logits = discriminator(images)

A single replica, `ALONE`, has nobody to ask and adds nothing to the graph.

The calculus is plain: what all make smaller is the sum, over the replicas, of each one's `part` of
the whole batch's loss. A total over replicas hands the total of its gradients back, so each
replica's gradient is its part of the gradient of that sum.
"""

import contextlib
import contextvars
import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from catdcgan.workers import collective_keys as keys


def rows_of(index: int, count: int, batch_size: int) -> range:
    """Return the rows of a batch that are a replica's; the first ones have one more, if any has."""
    size, more = divmod(batch_size, count)
    first = index * size + min(index, more)
    return range(first, first + size + (index < more))


class Replica:
    """One of several that share a batch.

    Of each batch it sees the same rows; where a network is given k batches at once, the rows of
    each.

    Attributes:
        is_alone: nobody shares the batch.
        normalises_jointly: batch norm is by the statistics of the whole batch.
    """

    is_alone = False

    def __init__(
        self,
        index: int,
        count: int,
        batch_size: int,
        *,
        normalises_jointly: bool = True,
        hint: str = "auto",
    ) -> None:
        """Gather.

        Args:
            index: from 0, of `count`.
            batch_size: of all replicas together.
            hint: how TensorFlow is to communicate: auto, ring, nccl.
        """
        self.normalises_jointly = normalises_jointly
        self._index, self._count, self._batch_size, self._hint = index, count, batch_size, hint
        self._rows = self.rows_in(batch_size)
        self._share = len(self._rows) / batch_size
        # All replicas build the same operations in the same order: these are known by their number.
        self._numbers = itertools.count(keys.FIRST_OF_STEP)

    def rows_in(self, batch_size: int) -> range:
        """Return the rows that it sees of a batch of all."""
        return rows_of(self._index, self._count, batch_size)

    def part(self, x: tf.Tensor) -> tf.Tensor:
        """Return what a mean over the own rows adds to the mean over the whole batch."""
        return self._share * x

    def total(self, x: tf.Tensor) -> tf.Tensor:
        """Return the sum over all replicas, in the shape and type of `x`."""
        return tf.custom_gradient(lambda x: (self._reduce(x), self.total))(x)

    def mean(self, x: tf.Tensor) -> tf.Tensor:
        """Return the mean over the whole batch of what is a mean over the own rows."""
        return self.total(self.part(x))

    def totals(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Return the sums over all replicas of float32 tensors, which travel as one."""
        flat = self._reduce(tf.concat([tf.reshape(x, [-1]) for x in tensors], 0))
        pieces = tf.split(flat, [math.prod(x.shape) for x in tensors])
        return [tf.reshape(piece, x.shape) for piece, x in zip(pieces, tensors, strict=True)]

    def moments(self, x: tf.Tensor, axes: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean and variance over the whole batch, float32; axis 0 is among the axes."""
        x = tf.cast(x, tf.float32)
        # Of what is left beside the own mean, and then in float64: of the mean of squares the
        # square of the mean is taken away, which may be nearly all of it.
        pivot = tf.stop_gradient(tf.reduce_mean(x, axes))  # any constant does
        beside = x - pivot
        rest, square = (
            tf.cast(tf.reduce_mean(part, axes), tf.float64) for part in (beside, beside**2)
        )
        mean = tf.cast(pivot, tf.float64) + rest
        sums = tf.stack([mean, square - rest**2 + mean**2])
        mean, square = tf.unstack(self.mean(sums))  # which travel as one
        variance = tf.maximum(square - mean**2, 0.0)
        return tf.cast(mean, tf.float32), tf.cast(variance, tf.float32)

    def size_of_whole(self, rows: tf.Tensor) -> tf.Tensor:
        """Return how many rows all replicas have, float32 `[]`, where this one has `rows`."""
        # In whole numbers, or it would not be the same on all.
        return tf.cast(rows // len(self._rows) * self._batch_size, tf.float32)

    def draw(
        self, draw: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, axis: int = 0
    ) -> tf.Tensor:
        """Return the own rows of what is drawn for all: the same, however many replicas there are.

        Args:
            draw: is given a number of rows, int32 `[]`.
            x: `[N, ...]`, whose rows it is for.
            axis: of the rows, in what is drawn.
        """
        batches = tf.shape(x)[0] // len(self._rows)
        own = tf.range(self._rows.start, self._rows.stop)
        rows = (tf.range(batches) * self._batch_size)[:, None] + own
        return tf.gather(draw(batches * self._batch_size), tf.reshape(rows, [-1]), axis=axis)

    def _reduce(self, x: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.CollectiveReduce(
            input=x,
            group_size=self._count,
            group_key=keys.REPLICAS,
            instance_key=next(self._numbers),
            merge_op="Add",
            final_op="Id",
            subdiv_offsets=[0],
            communication_hint=self._hint,
        )


class _Alone(Replica):
    """The only one: nothing is added to the graph."""

    is_alone = True

    def __init__(self) -> None:
        self.normalises_jointly = False
        self._index, self._count = 0, 1

    def part(self, x: tf.Tensor) -> tf.Tensor:
        return x

    total = mean = part

    def totals(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        return list(tensors)

    def moments(self, x: tf.Tensor, axes: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
        return _moments(x, axes)

    def draw(
        self, draw: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, axis: int = 0
    ) -> tf.Tensor:
        return draw(tf.shape(x)[0])


def _moments(x: tf.Tensor, axes: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return mean and variance over the own rows; the variance can be differentiated twice.

    That of `tf.nn.moments` cannot, which R1 does: the mean inside it is taken for a constant. That
    is right for a gradient and wrong for the gradient of a gradient.
    """

    def variance_of(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        mean, variance = tf.nn.moments(x, axes, keepdims=True)
        count = tf.cast(tf.size(x) / tf.size(mean), x.dtype)

        def gradient(of_variance: tf.Tensor) -> tf.Tensor:
            return 2.0 * (of_variance / count) * (x - tf.reduce_mean(x, axes, keepdims=True))

        return variance, gradient

    x = tf.cast(x, tf.float32)
    variance = tf.custom_gradient(variance_of)(x)
    return tf.reduce_mean(x, axes), tf.squeeze(variance, axes)


ALONE: Replica = _Alone()
_current = contextvars.ContextVar("replica", default=ALONE)


def current() -> Replica:
    """Return the replica whose layers are being built."""
    return _current.get()


@contextlib.contextmanager
def within(replica: Replica) -> Iterator[None]:
    """Build layers of a replica inside the block."""
    token = _current.set(replica)
    try:
        yield
    finally:
        _current.reset(token)
