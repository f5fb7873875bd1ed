import pytest

from catdcgan.config import make_config
from catdcgan.schedule import make_schedule


def schedule(count=100, **given):
    return make_schedule(make_config({"batch_size": 32, **given}), count)


def test_an_epoch_is_as_many_steps_as_whole_batches():
    assert schedule(epochs=5).last_step == 15


@pytest.mark.parametrize(
    ("max_steps", "last", "limit"), [(7, 7, "--max_steps"), (99, 15, "--epochs")]
)
def test_the_smaller_of_epochs_and_steps_ends_the_run(max_steps, last, limit):
    ending = schedule(epochs=5, max_steps=max_steps)
    assert (ending.last_step, ending.limit) == (last, limit)


def test_epochs_are_counted_from_one():
    assert [schedule().epoch_at(step) for step in (1, 3, 4, 7)] == [1, 1, 2, 3]


def test_snapshots_and_saves_are_due_at_their_intervals_and_at_the_end():
    ending = schedule(epochs=7, snapshot_every=8, save_every_epochs=3)
    steps = range(1, ending.last_step + 1)
    assert [step for step in steps if ending.snapshot_due(step)] == [8, 16, 21]
    assert [step for step in steps if ending.save_due(step)] == [9, 18, 21]


def test_samples_are_measured_at_their_interval_and_at_the_end_or_never():
    ending = schedule(epochs=7, evaluate_every=8)
    steps = range(1, ending.last_step + 1)
    assert [step for step in steps if ending.evaluation_due(step)] == [8, 16, 21]
    assert not any(schedule(epochs=7).evaluation_due(step) for step in steps)
