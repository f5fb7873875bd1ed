"""Inception, with random weights only: the file that people use is not part of the tests."""

import numpy as np
import pytest

from catdcgan.console.errors import UserError
from catdcgan.metrics import inception
from catdcgan.metrics.inception import embed_with_inception, refuse_unusable

# Keras's own, where NumPy 2 wants to know whether it may copy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
FLAG = "--inception_weights"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return a file of random weights, of the network without classes."""
    import tensorflow as tf

    path = tmp_path_factory.mktemp("inception") / "random.weights.h5"
    tf.keras.utils.set_random_seed(0)
    tf.keras.applications.InceptionV3(include_top=False, weights=None).save_weights(path)
    return str(path)


def test_each_picture_has_features_of_its_own_whatever_its_size(weights, monkeypatch):
    monkeypatch.setattr(inception, "CHUNK", 2)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    pictures[2] = pictures[0]
    found = embed_with_inception(pictures, weights, FLAG)
    assert found.shape == (3, inception.FEATURES)
    alike, others = (np.abs(found[0] - found[k]).max() / found[0].max() for k in (2, 1))
    assert alike < 1e-3 < others


def test_weights_of_another_network_are_an_error_of_one_line(tmp_path):
    import tensorflow as tf

    path = str(tmp_path / "other.weights.h5")
    other = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
    other.save_weights(path)
    with pytest.raises(UserError, match=r"--inception_weights: .*does not fit") as caught:
        embed_with_inception(np.zeros((1, 32, 32, 3), np.uint8), path, FLAG)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "found"), [(None, "not found"), (b"PK\x03\x04", "of another kind")]
)
def test_a_file_that_cannot_be_one_is_refused_without_tensorflow(tmp_path, content, found):
    path = tmp_path / "weights.h5"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError, match=found):
        refuse_unusable(str(path), FLAG)
    with pytest.raises(UserError, match="a folder"):
        refuse_unusable(str(tmp_path), FLAG)
