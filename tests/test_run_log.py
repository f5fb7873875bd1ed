import json

import pytest

from catdcgan.run_log import MetricsFile, RunLog


def steps_in(path):
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def write(path, after, steps):
    metrics = MetricsFile(path, after)
    for step in steps:
        metrics.write(step, {"d_loss": 0.5})
    metrics.close()


def test_going_on_cuts_off_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, 0, range(1, 8))
    write(path, 5, range(6, 10))
    assert steps_in(path) == list(range(1, 10))


def test_a_torn_last_line_is_cut_off(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, 0, [1, 2])
    with path.open("a") as file:
        file.write('{"step": 3, "d_lo')
    write(path, 3, [4])
    assert steps_in(path) == [1, 2, 4]


def test_a_new_run_begins_with_no_line(tmp_path):
    path = tmp_path / "run" / "metrics.jsonl"
    write(path, 0, [1])
    write(path, 0, [1])
    assert steps_in(path) == [1]


def test_a_line_is_shown_and_kept_with_its_time(tmp_path, capsys):
    log = RunLog()
    log.say("before the file is open")
    log.open(tmp_path / "train.log")
    log.keep("kept alone")
    lines = (tmp_path / "train.log").read_text().splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == ["before the file is open", "kept alone"]
    assert capsys.readouterr().out == "before the file is open\n"


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    metrics = MetricsFile(tmp_path / "metrics.jsonl", 0)
    metrics._file.close()
    with open("/dev/full", "ab", buffering=0) as full:
        metrics._file = full
        with pytest.raises(OSError, match=r"No space left on device: '.*metrics\.jsonl'"):
            metrics.write(1, {})
