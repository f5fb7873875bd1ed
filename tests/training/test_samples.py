from types import SimpleNamespace

import numpy as np
import pytest

from catdcgan.settings.resolving import make_config
from catdcgan.training.samples import STATISTICS_PICTURES, TrainingSamples


@pytest.fixture
def measured(monkeypatch):
    """Return a list that grows by the batches of latents of each measurement."""
    measured = []
    monkeypatch.setattr(
        "catdcgan.training.samples.measure_statistics",
        lambda session, averaged, z, batches: measured.append(list(batches)),
    )
    return measured


def make_samples(averaged):
    config = make_config({"batch_size": 24, "z_dim": 8})
    return TrainingSamples(
        config, SimpleNamespace(averaged=averaged, inputs=SimpleNamespace(z="z"))
    )


def test_statistics_are_measured_once_a_step(measured):
    samples = make_samples(averaged=True)
    for _ in range(3):
        samples.measure_statistics(None)
    assert len(measured) == 1
    samples.note_step()
    samples.measure_statistics(None)
    assert len(measured) == 2


def test_each_measurement_is_on_the_same_batches_as_large_as_in_training(measured):
    samples = make_samples(averaged=True)
    for _ in range(2):
        samples.note_step()
        samples.measure_statistics(None)
    first, second = measured
    assert np.array_equal(first, second)
    assert np.shape(first) == (-(-STATISTICS_PICTURES // 24), 24, 8)
    assert len(np.unique(np.concatenate(first), axis=0)) == np.size(first) // 8


def test_without_averages_nothing_is_measured(measured):
    make_samples(averaged=None).measure_statistics(None)
    assert measured == []
