"""Real processes on the loopback: they do one run, and stop, refuse and leave together."""

import signal

import numpy as np
import pytest
import tensorflow as tf

from catdcgan import train
from tests.left_by_runs import metrics_in, record_in, values_in
from tests.workers.harness import FLAGS, Workers

SLOW = "--lr_d=1e-9", "--lr_g=1e-9"  # or Adam's first steps would multiply what is rounding's


@pytest.fixture
def start(tmp_path, digit_folder):
    """Return a function that starts so many workers on a few pictures."""
    return lambda count, *flags, **options: Workers(
        tmp_path, count, f"--data_dir={digit_folder}", *flags, **options
    )


def weights_of(workers, number):
    with np.load(workers.folder / f"worker{number}/weights.npz") as kept:
        return {name.replace("|", "/"): kept[name] for name in kept.files}


def assert_all_hold_the_same(workers):
    first, *others = (weights_of(workers, number) for number in range(len(workers.processes)))
    for other in others:
        assert first.keys() == other.keys()
        assert all(np.array_equal(first[name], other[name]) for name in first)


def test_three_workers_do_what_one_does_and_another_number_goes_on(
    start, tmp_path, digit_folder, capsys
):
    workers = start(3, "--max_steps=2", *SLOW)
    assert {ended.code for ended in workers.wait().values()} == {0}
    assert_all_hold_the_same(workers)
    assert record_in(workers.run)["arithmetic"]["workers"] == 3
    assert not (tmp_path / "worker1/run").exists()
    alone = tmp_path / "alone"
    where = f"--data_dir={digit_folder}", f"--run_dir={alone}"
    assert train.main([*FLAGS, *where, "--max_steps=2", *SLOW]) == 0
    found, expected = values_in(workers.run, 2), values_in(alone, 2)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if name.endswith("/kernel/Adam"):  # half of the gradient
            # Of the whole: where a unit is at the kink of its activation, rounding decides.
            difference = np.linalg.norm(found[name] - value)
            assert difference < 1e-2 * np.linalg.norm(value), name
    for ours, theirs in zip(metrics_in(workers.run), metrics_in(alone), strict=True):
        assert ours["d_loss"] == pytest.approx(theirs["d_loss"], rel=1e-4)
    capsys.readouterr()
    assert train.main([f"--run_dir={workers.run}", "--max_steps=3"]) == 0
    assert "bits may differ from here on: workers 1 instead of 3" in capsys.readouterr().out


def test_a_signal_to_any_worker_stops_all_after_the_same_step_with_a_checkpoint(start):
    workers = start(2, "--max_steps=100000")
    workers.wait_for_step(3)
    workers.processes[1].send_signal(signal.SIGTERM)
    ended = workers.wait()
    assert {one.code for one in ended.values()} == {75}
    assert_all_hold_the_same(workers)
    step = metrics_in(workers.run)[-1]["step"]
    assert f"stopped after {step} steps, with all workers" in ended[1].said
    assert f"stopped and saved at step {step}" in ended[0].said
    assert tf.train.latest_checkpoint(workers.run).endswith(f"{step:08d}")


def test_when_one_is_frozen_the_other_leaves_with_a_message(start):
    workers = start(2, "--max_steps=100000")
    workers.wait_for_step(2)
    workers.processes[0].send_signal(signal.SIGSTOP)
    ended = workers.wait(but=(0,))[1]
    assert ended.code == 75
    assert "worker 0 (127.0.0.1:" in ended.said
    assert "does not answer any more" in ended.said


def test_numbers_that_are_none_end_all_in_the_same_step_with_nothing_saved(start):
    workers = start(2, "--max_steps=9", own={1: {"WORKER_HURT": "nan:2"}})
    ended = workers.wait()
    assert {one.code for one in ended.values()} == {1}
    assert all("step 3: d_loss and" in one.said for one in ended.values())
    assert tf.train.latest_checkpoint(workers.run) is None


@pytest.mark.long
def test_where_the_last_save_fails_all_end_with_1(start):
    workers = start(2, "--max_steps=2", own={0: {"WORKER_HURT": "save"}})
    assert {one.code for one in workers.wait().values()} == {1}


def test_one_that_does_not_come_is_not_waited_for_for_ever(start):
    workers = start(2, "--join_timeout=1")
    workers.processes[1].kill()
    ended = workers.wait()[0]
    assert ended.code == 75
    assert "has not come within 1 s" in ended.said


@pytest.mark.long
def test_what_is_wrong_with_worker_0s_run_ends_the_others_too(start, tmp_path):
    (tmp_path / "worker0").mkdir()
    (tmp_path / "worker0/run").write_text("no folder")
    ended = start(2, "--max_steps=2").wait()
    assert {one.code for one in ended.values()} == {1}
    assert "--run_dir: " in ended[0].said
    assert "worker 0 (127.0.0.1:" in ended[1].said
    assert "has left with exit code 1; what it says is the reason" in ended[1].said
