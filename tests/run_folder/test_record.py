import dataclasses
import subprocess
from pathlib import Path

import pytest

from catdcgan.machine.arithmetic import Arithmetic
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.record import (
    Pictures,
    begin_record,
    continue_record,
    parse_record,
    read_record,
    write_record,
)
from catdcgan.settings.config import Config

ARITHMETIC = Arithmetic(2, 2, True, "float32", "0123", "2.21.0")
BEGUN = begin_record(Config(lr_d=1e-3), Pictures("3 cats", 3, "ab"), ARITHMETIC)
CONTINUED = continue_record(BEGUN, Config(lr_d=2e-3), ARITHMETIC, 50)


@pytest.mark.parametrize("record", [BEGUN, CONTINUED])
def test_a_record_is_read_back_as_it_was_written(record, tmp_path):
    run = RunDirectory(str(tmp_path))
    write_record(run, record)
    assert read_record(run) == record


def test_a_continuation_tells_its_step_and_what_it_changed():
    (start,) = CONTINUED.continued
    assert (start.step, start.changed) == (50, {"lr_d": 2e-3})
    assert CONTINUED.started == BEGUN.started


def test_a_setting_that_the_record_does_not_know_was_not_changed():
    config = {name: value for name, value in BEGUN.config.items() if name != "ema_decay"}
    older = dataclasses.replace(BEGUN, config=config)
    (start,) = continue_record(older, Config(lr_d=1e-3), ARITHMETIC, 1).continued
    assert start.changed == {}


def test_a_record_tells_the_commit_of_the_program_that_made_it():
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        done = None
    commit = done.stdout.strip() if done and done.returncode == 0 else None
    assert BEGUN.started.git_commit == commit


@pytest.mark.parametrize(
    "wrong",
    [
        {"config": None},
        {"pictures": {"count": 3}},
        {"pictures": {"source": "", "count": "many", "fingerprint": ""}},
        {"arithmetic": {}},
        {"started": {}},
        {"continued": [7]},
        {"config": {**BEGUN.as_json()["config"], "base_filters": "many"}},
        {"config": {**BEGUN.as_json()["config"], "image_size": None}},
    ],
)
def test_what_is_no_record_is_none(wrong):
    assert parse_record({**BEGUN.as_json(), **wrong}) is None


def test_what_a_later_version_adds_is_passed_over():
    value = BEGUN.as_json()
    value["more"] = value["started"]["more"] = 1
    assert parse_record(value) == BEGUN
