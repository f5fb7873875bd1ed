import threading

import pytest

from catdcgan.console.errors import UserError
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.training import saves as saves_module
from catdcgan.training.saves import Saves


@pytest.fixture
def said():
    return []


@pytest.fixture
def saves(said):
    # A save every 4 steps of 10.
    settings = {"batch_size": 4, "epochs": 5, "save_every_epochs": 2}
    schedule = make_schedule(make_config(settings), 8)
    saves = Saves(schedule, make_config({}), 0, said.append)
    yield saves
    saves.close()


def refuse():
    raise UserError("run: cannot be saved; room is needed.")


def test_training_goes_on_while_a_checkpoint_is_written(saves):
    go_on = threading.Event()
    saves.begin(4, go_on.wait)  # returns although nothing is written yet
    assert saves.saved_step == 0
    go_on.set()
    saves.wait()
    assert saves.saved_step == 4


def test_steps_of_the_schedule_are_due_but_for_the_last(saves):
    assert [step for step in range(1, 11) if saves.due(step) and not saves.begin(step, int)] == [
        4,
        8,
    ]


def test_a_step_of_the_schedule_waits_for_the_checkpoint_before_it(saves):
    go_on = threading.Event()
    saves.begin(4, go_on.wait)
    threading.Timer(0.05, go_on.set).start()
    assert saves.due(8)
    assert saves.saved_step == 4


def test_a_save_that_is_due_by_time_does_not_wait(saves, monkeypatch):
    go_on = threading.Event()
    saves.begin(4, go_on.wait)
    now = saves_module.time.monotonic()
    monkeypatch.setattr(saves_module.time, "monotonic", lambda: now + 601)
    assert not saves.due(5)
    go_on.set()
    saves.wait()
    assert saves.due(6)


def test_a_failure_is_said_and_tried_again_after_a_minute(saves, said, monkeypatch):
    saves.begin(4, refuse)
    saves.wait()
    assert said == ["run: cannot be saved; room is needed. Training goes on and tries again."]
    assert saves.saved_step == 0
    assert not saves.due(5)
    now = saves_module.time.monotonic()
    monkeypatch.setattr(saves_module.time, "monotonic", lambda: now + 61)
    assert saves.due(6)


def test_a_bug_in_saving_is_not_swallowed(saves):
    saves.begin(4, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        saves.wait()
