import pytest

from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule


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


def test_rates_fall_evenly_to_nothing_over_the_share_at_the_end():
    annealed = schedule(epochs=4, lr_anneal=0.5)  # 12 steps, the last 6 of them
    rates = [annealed.rate_at(step) for step in range(12)]
    assert rates[:7] == [1.0] * 7
    assert rates[7:] == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])


def test_rates_are_divided_as_the_steps_grow():
    assert schedule(lr_decay=0.5).rate_at(4) == pytest.approx(1 / 3)
    assert schedule().rate_at(10**6) == 1.0
