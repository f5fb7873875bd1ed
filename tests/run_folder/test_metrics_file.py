import json

import pytest

from catdcgan.run_folder.metrics_file import MetricsFile


def steps_in(path):
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def write(path, after, steps):
    metrics = MetricsFile(str(path), after)
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


def test_a_full_disk_keeps_the_lines_in_memory_until_there_is_room(tmp_path):
    metrics = MetricsFile(str(tmp_path / "metrics.jsonl"), 0)
    file = metrics._file
    with open("/dev/full", "ab", buffering=0) as metrics._file:
        metrics.write(1, {})
        with pytest.raises(OSError, match=r"No space left on device: '.*metrics\.jsonl'"):
            metrics.flush()
    metrics._file = file
    metrics.write(2, {})
    metrics.close()
    assert steps_in(tmp_path / "metrics.jsonl") == [1, 2]


def test_damaged_lines_are_taken_out_and_counted(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, 0, range(1, 6))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:1], b"\x00" + lines[1], *lines[2:]]))
    metrics = MetricsFile(str(path), 4)
    metrics.close()
    assert metrics.missing == 1
    assert steps_in(path) == [1, 3, 4]
