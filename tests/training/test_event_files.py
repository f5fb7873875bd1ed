"""TensorBoard itself reads what we write."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from catdcgan.pictures.pixels import encode_jpeg
from catdcgan.training.event_files import EventFile, histogram, image, scalars


@pytest.fixture
def graph():
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="one")
    return graph


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator


def write(folder, graph, after, steps, offset=0.0):
    events = EventFile(str(folder), after, graph)
    for step in steps:
        events.write(step, scalars({"Loss/d": step + offset}))
    events.close()


def test_scalars_are_read_back(tmp_path, graph):
    write(tmp_path, graph, 0, [1, 2])
    read_back = [(event.step, event.value) for event in read(tmp_path).Scalars("Loss/d")]
    assert read_back == [(1, 1.0), (2, 2.0)]


def test_a_continued_run_has_each_step_once_and_the_newer_value(tmp_path, graph):
    write(tmp_path, graph, 0, range(1, 8))
    write(tmp_path, graph, 5, range(6, 10), offset=0.5)
    write(tmp_path, graph, 9, [10])
    values = [(event.step, event.value) for event in read(tmp_path).Scalars("Loss/d")]
    assert values == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), *((s, s + 0.5) for s in range(6, 10))
                      , (10, 10)]  # fmt: skip


def test_starts_within_one_second_have_files_in_their_order(tmp_path, graph):
    paths = [EventFile(str(tmp_path), step, graph).path for step in (0, 1, 2)]
    assert paths == sorted(set(paths))


def test_the_graph_is_written_once(tmp_path, graph):
    write(tmp_path, graph, 0, [1])
    first = sum(path.stat().st_size for path in tmp_path.iterdir())
    write(tmp_path, graph, 1, [2])
    second = sum(path.stat().st_size for path in tmp_path.iterdir()) - first
    assert second < first
    definition = tf.compat.v1.GraphDef.FromString(read(tmp_path).Graph().SerializeToString())
    assert [node.name for node in definition.node] == ["one"]


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_and_histograms_are_read_back(tmp_path, graph, channels):
    pixels = np.full((16, 24, 3), 80, np.uint8)
    jpeg = encode_jpeg(pixels)
    if channels == 1:
        Image.fromarray(pixels[..., 0]).save(tmp_path / "grey.jpg")
        jpeg = (tmp_path / "grey.jpg").read_bytes()
    events = EventFile(str(tmp_path), 0, graph)
    logits = np.array([[-2.0], [1.0], [1.5]], np.float32)
    events.write(3, [image("Snapshots/fixed", jpeg), histogram("Logits/D_real", logits)])
    events.close()
    accumulator = read(tmp_path)
    (picture,) = accumulator.Images("Snapshots/fixed")
    assert (picture.step, picture.width, picture.height) == (3, 24, 16)
    assert picture.encoded_image_string == jpeg
    (distribution,) = accumulator.Histograms("Logits/D_real")
    values = distribution.histogram_value
    assert (values.min, values.max, values.num) == (-2.0, 1.5, 3)
    assert sum(values.bucket) == 3


def test_a_histogram_of_equal_values_is_possible(tmp_path, graph):
    events = EventFile(str(tmp_path), 0, graph)
    events.write(1, [histogram("Logits/D_fake", np.zeros((4, 1), np.float32))])
    events.close()
    assert read(tmp_path).Histograms("Logits/D_fake")[0].histogram_value.num == 4
