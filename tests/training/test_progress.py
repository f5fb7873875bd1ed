import pytest

from catdcgan.run_folder.log import RunLog
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.training.progress import TrainingProgress

METRICS = {"d_loss": 1.25, "g_loss": 0.5, "d_real": 0.75, "d_fake": 0.25}


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still: its first number is what time it is."""
    clock = [0.0]
    monkeypatch.setattr("catdcgan.training.progress.time.monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def progress():
    schedule = make_schedule(make_config({"epochs": 2, "batch_size": 2}), 6)
    progress = TrainingProgress(RunLog(), schedule, 2, 0)
    yield progress
    progress.close()


def test_a_line_shows_step_epoch_losses_probabilities_speed_and_time(progress, capsys):
    for step in (1, 2, 3, 4, 5, 6):
        progress.show(step, METRICS)
    line = capsys.readouterr().out.splitlines()[-1]
    for part in (
        "step 6/6",
        "epoch 2/2",
        "d_loss 1.250",
        "g_loss 0.500",
        "D(x) 0.75",
        "D(G(z)) 0.25",
        "images/s",
        "left",
    ):
        assert part in line


def test_lines_are_seconds_apart_but_the_last_step_has_one(progress, capsys):
    for step in range(1, 7):
        progress.show(step, METRICS)
    shown = [line.split()[1] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["1/6", "6/6"]


def test_the_slower_first_step_does_not_enter_the_estimate(clock, progress):
    clock[0] += 1000
    progress.show(1, METRICS)
    clock[0] += 1
    progress.show(2, METRICS)
    assert progress.seconds_left(2) < 10
    assert [step for step in range(6) if progress.estimate_is_due(step)] == [3]


def test_what_comes_between_steps_counts_by_how_often_it_comes(clock):
    """One of a hundred steps of a second takes 100 s more: two seconds a step, not three."""
    schedule = make_schedule(
        make_config({"batch_size": 1, "snapshot_every": 20, "evaluate_every": 100}), 300
    )
    progress = TrainingProgress(RunLog(quiet=True), schedule, 1, 0)
    for step in range(1, 152):
        clock[0] += 101 if step in (50, 150) else 1
        progress.show(step, METRICS)
    progress.close()
    assert progress.seconds_left(schedule.last_step - 10) == pytest.approx(20, rel=0.01)
    assert progress.seconds_a_step() == pytest.approx(3, rel=0.01)
