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


def line_of(step):
    return json.dumps({"step": step, "d_loss": 0.5, "timing": {"seconds": 1e-05}}).encode() + b"\n"


@pytest.mark.parametrize(
    ("place", "number"),
    [(101, 901), (501, 5), (102, 101), (101, 102), (101, 100), (1, 3), (1000, 9000), (1005, 5)],
)
def test_a_wrong_number_costs_one_line(tmp_path, place, number):
    path = tmp_path / "metrics.jsonl"
    steps = [number if step == place else step for step in range(1, 1011)]
    path.write_bytes(b"".join(map(line_of, steps)))
    MetricsFile(str(path), 1000).close()
    assert steps_in(path) == [step for step in range(1, 1001) if step != place]


def test_a_block_that_is_there_twice_stays_once(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"".join(map(line_of, [*range(1, 301), *range(201, 401)])))
    metrics = MetricsFile(str(path), 400)
    metrics.close()
    assert metrics.missing == 0
    assert steps_in(path) == list(range(1, 401))


@pytest.mark.parametrize("end", [b"", b"\x0b", b"\n\n"])
def test_lines_without_their_end_between_them_both_count(tmp_path, end):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(line_of(1) + line_of(2)[:-1] + end + line_of(3)[:-1])
    write(path, 3, [4])
    assert steps_in(path) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[:20] + b"\n" + line[20:],
        lambda line: line[:20],
        lambda line: line.replace(b"0.5", b"00.5"),
        lambda line: line.replace(b"2", b"true"),
        lambda line: line.replace(b"2", b"9" * 30),
        lambda line: line.replace(b'"step"', b'"stup"'),
        lambda line: b"[" * 10_000 + b"\n",
        lambda line: bytes(3 * 2**20),
    ],
)
def test_a_damage_inside_a_line_costs_that_line(tmp_path, damage):
    path = tmp_path / "metrics.jsonl"
    damaged = damage(line_of(2)).removesuffix(b"\n") + b"\n"
    path.write_bytes(line_of(1) + damaged + line_of(3) + line_of(4))
    metrics = MetricsFile(str(path), 4)
    metrics.close()
    assert metrics.missing == 1
    assert steps_in(path) == [1, 3, 4]
