"""TensorBoard's event files: written as what they are, records of protocol buffers.

Not through a summary writer: that one writes in a thread of its own, where a full disk is noticed
by nobody. A continued run begins a new file, whose first event tells TensorBoard to forget the
steps that are done again.
"""

import io
import re
import time
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1
from PIL import Image

from catdcgan.storage import files

NAME = re.compile(r"events\.out\.tfevents\.(\d{10})\..*")
BUCKETS = 30  # of a histogram
SECONDS_BETWEEN_FLUSHES = 30.0  # for those who watch; a store takes the whole file anew each time


class EventFile:
    """The event file that one start of a run writes, beside those of the starts before it."""

    def __init__(self, folder: str, step: int, graph: tf.Graph) -> None:
        """Open a file to go on after `step`.

        Args:
            graph: is written into the first file of a run.

        Raises:
            tf.errors.OpError: the file cannot be written.
        """
        numbers = [
            int(match[1]) for name in files.list_names(folder) if (match := NAME.match(name))
        ]
        # TensorBoard reads them in the order of their names, which hold the time in seconds.
        number = max([int(time.time()), *(number + 1 for number in numbers)])
        self.path = files.join(folder, f"events.out.tfevents.{number:010d}.catdcgan")
        self._writer = tf.io.TFRecordWriter(self.path)
        self._flushes = files.is_local(folder)
        self._flushed = time.monotonic()
        self._write(v1.Event(file_version="brain.Event:2"))
        if step:
            start = v1.SessionLog(status=v1.SessionLog.START)
            self._write(v1.Event(step=step + 1, session_log=start))
        if not numbers:
            definition = graph.as_graph_def(add_shapes=True).SerializeToString()
            self._write(v1.Event(graph_def=definition))

    def write(self, step: int, values: Iterable[v1.Summary.Value]) -> None:
        """Write what belongs to a step.

        Raises:
            tf.errors.OpError: the file cannot be written.
        """
        self._write(v1.Event(step=step, summary=v1.Summary(value=values)))
        if self._flushes and time.monotonic() - self._flushed >= SECONDS_BETWEEN_FLUSHES:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the system.

        Raises:
            tf.errors.OpError: the file cannot be written.
        """
        self._flushed = time.monotonic()
        self._writer.flush()

    def close(self) -> None:
        """Close the file.

        Raises:
            tf.errors.OpError: the file cannot be written.
        """
        self._writer.close()

    def _write(self, event: v1.Event) -> None:
        event.wall_time = time.time()
        self._writer.write(event.SerializeToString())


def scalars(numbers: Mapping[str, float]) -> list[v1.Summary.Value]:
    """Return scalars by tag."""
    return [v1.Summary.Value(tag=tag, simple_value=value) for tag, value in numbers.items()]


def image(tag: str, jpeg: bytes) -> v1.Summary.Value:
    """Return a picture."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        summary = v1.Summary.Image(
            height=picture.height,
            width=picture.width,
            colorspace=len(picture.getbands()),
            encoded_image_string=jpeg,
        )
    return v1.Summary.Value(tag=tag, image=summary)


def histogram(tag: str, values: np.ndarray) -> v1.Summary.Value:
    """Return the distribution of values."""
    values = np.asarray(values, np.float64).ravel()
    counts, edges = np.histogram(values, BUCKETS)
    proto = v1.HistogramProto(
        min=values.min(),
        max=values.max(),
        num=values.size,
        sum=values.sum(),
        sum_squares=np.square(values).sum(),
        # TensorBoard wants the right edge of each bucket; the first bucket is the empty one below.
        bucket_limit=edges,
        bucket=[0, *counts],
    )
    return v1.Summary.Value(tag=tag, histo=proto)
