"""Whole runs of tiny networks, in this process."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from catdcgan import checkpoints, files, sample, training_loop
from catdcgan.checkpoint_files import find_all
from catdcgan.errors import UserError
from catdcgan.run_lock import hold_lock
from catdcgan.run_opening import run_dir_of
from catdcgan.training_loop import Training


def values_in(run_dir, step):
    reader = tf.compat.v1.train.NewCheckpointReader(f"{run_dir}/model.ckpt-{step:08d}")
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def metrics_in(run_dir):
    lines = [json.loads(line) for line in Path(run_dir, "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "timing"} for line in lines]


def record_in(run_dir):
    return json.loads(Path(run_dir, "run.json").read_text())


def assert_same_values(first, second):
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def stop_after(monkeypatch, step):
    """Let the next run be asked to stop while its step number `step` runs."""
    original_train, original_run_step = Training.train, Training.run_step

    def remember_request(self, checkpoint, stop):
        self.stop = stop
        return original_train(self, checkpoint, stop)

    def run_step_and_ask(self, session, index, feed):
        if index == step - 1:
            self.stop.number = signal.SIGTERM
        return original_run_step(self, session, index, feed)

    monkeypatch.setattr(Training, "train", remember_request)
    monkeypatch.setattr(Training, "run_step", run_step_and_ask)


def test_a_run_leaves_everything_in_its_folder(run_train):
    assert run_train("--max_steps=7") == 0
    names = {path.relative_to("run").as_posix() for path in Path("run").rglob("*.*")}
    assert names == {
        "run.json",
        "train.log",
        "metrics.jsonl",
        "reals.jpg",
        "snapshots/00000003.jpg",
        "snapshots/00000006.jpg",
        "snapshots/00000007.jpg",
        "model.ckpt-00000007.index",
        "model.ckpt-00000007.data-00000-of-00001",
        "model.ckpt-00000007.json",
        "run.lock",
    }
    assert Path("run/DONE").read_text() == "7\n"
    assert [line["step"] for line in metrics_in("run")] == list(range(1, 8))
    with Image.open("run/snapshots/00000003.jpg") as snapshot:
        assert snapshot.size == (3 * 32, 2 * 32)


def test_the_plan_is_told_before_the_first_step(run_train, capsys):
    run_train("--max_steps=4")
    shown = capsys.readouterr().out
    plan, first_step = shown.index("device"), shown.index("step 1/4")
    assert plan < first_step
    for part in (
        "14 pictures of",
        "generator",
        "discriminator",
        "parameters",
        "of 4 pictures, 3 an epoch",
        "CPU",
    ):
        assert part in shown[:first_step]
    assert "--preset tiny ends in minutes" in shown
    assert "to the last step" in shown[first_step:]


def test_a_stopped_run_continues_bit_for_bit(run_train, monkeypatch, capsys):
    run_train("--max_steps=8", "--mirror", run_dir="whole")
    with monkeypatch.context() as patch:
        stop_after(patch, 5)
        assert run_train("--max_steps=8", "--mirror") == 75
    assert "stopped and saved at step 5 of 8; the same command continues" in capsys.readouterr().out
    assert run_train("--max_steps=8", "--mirror") == 0
    assert "continuing at step 5 of 8" in capsys.readouterr().out
    assert_same_values(values_in("run", 8), values_in("whole", 8))
    assert metrics_in("run") == metrics_in("whole")
    for snapshot in Path("whole/snapshots").iterdir():
        assert Path("run/snapshots", snapshot.name).read_bytes() == snapshot.read_bytes()


def test_a_finished_run_says_so_and_goes_on_with_more_steps(run_train, capsys):
    run_train("--max_steps=2")
    assert run_train("--max_steps=2") == 0
    assert capsys.readouterr().out.endswith("run: finished at step 2; raise --max_steps to go on\n")
    assert run_train("--max_steps=4") == 0
    assert Path("run/DONE").read_text() == "4\n"
    assert [line["step"] for line in metrics_in("run")] == [1, 2, 3, 4]


def test_a_run_keeps_its_settings_and_records_what_a_continuation_changes(run_train):
    run_train("--max_steps=1", "--lr_d=1e-3")
    run_train("--max_steps=2", "--lr_g=5e-4")
    record = record_in("run")
    assert (record["config"]["lr_d"], record["config"]["lr_g"]) == (1e-3, 5e-4)
    assert record["continued"][0]["step"] == 1
    assert record["continued"][0]["changed"] == {"lr_g": 5e-4, "max_steps": 2}


def test_the_record_tells_what_the_run_was_made_of(run_train, cat_folder):
    run_train("--max_steps=1")
    record = record_in("run")
    assert record["pictures"]["count"] == 14
    assert str(cat_folder) in record["pictures"]["source"]
    assert len(record["pictures"]["fingerprint"]) == 64
    assert record["started"]["versions"]["tensorflow"] == tf.__version__
    assert record["started"]["machine"]["cores"] >= 1


def test_another_architecture_in_the_same_folder_is_refused_with_the_difference(run_train, capsys):
    run_train("--max_steps=1")
    before = {path: path.stat().st_mtime_ns for path in Path("run").rglob("*")}
    assert run_train("--max_steps=2", "--base_filters=3", "--z_dim=9") == 1
    assert capsys.readouterr().err == (
        "--run_dir: run holds a run with other settings: --base_filters 3 (the run has 2), "
        "--z_dim 9 (the run has 8); leave them out to continue it, or give another --run_dir "
        "(with --init_from to take over its weights, where the sizes are the same).\n"
    )
    assert {path: path.stat().st_mtime_ns for path in Path("run").rglob("*")} == before


def test_another_set_of_pictures_is_refused_with_both_names(run_train, tmp_path, capsys):
    run_train("--max_steps=1")
    other = tmp_path / "other"
    other.mkdir()
    for value in range(4):
        Image.new("RGB", (32, 32), (value, 0, 0)).save(other / f"{value}.png")
    assert run_train("--max_steps=2", data_dir=other) == 1
    message = capsys.readouterr().err
    assert "4 pictures of" in message
    assert "14 pictures of" in message
    assert "--init_from run" in message


def test_a_run_whose_record_is_lost_takes_it_from_the_checkpoint(run_train):
    run_train("--max_steps=1", "--lr_d=1e-3")
    Path("run/run.json").write_text("{")
    assert run_train("--max_steps=2") == 0
    assert record_in("run")["config"]["lr_d"] == 1e-3


def test_a_run_killed_before_its_first_checkpoint_starts_anew(run_train):
    run_train("--max_steps=1")
    for path in Path("run").glob("model.ckpt*"):
        path.unlink()
    assert run_train("--max_steps=2") == 0
    assert [line["step"] for line in metrics_in("run")] == [1, 2]


def test_only_the_newest_checkpoints_are_kept(run_train):
    run_train("--epochs=5", "--save_every_epochs=1", "--keep_checkpoints=2")
    assert [checkpoint.step for checkpoint in find_all("run")] == [12, 15]


def test_a_checkpoint_is_due_after_some_minutes(run_train):
    run_train("--max_steps=3", "--save_every_minutes=1e-9", "--keep_checkpoints=9")
    assert [checkpoint.step for checkpoint in find_all("run")] == [1, 2, 3]


def test_a_new_run_takes_everything_from_another_and_starts_at_step_0(run_train):
    run_train("--max_steps=3", run_dir="first")
    flags = "--init_from=first/model.ckpt-00000003.index", "--max_steps=1"
    assert run_train(*flags, "--lr_d=1e-30", "--lr_g=1e-30") == 0
    first, second = values_in("first", 3), values_in("run", 1)
    weights = [name for name in first if name.endswith("kernel")]
    assert all(np.array_equal(first[name], second[name]) for name in weights)
    assert second["beta1_power"] == pytest.approx(0.5 * first["beta1_power"])


def test_init_from_counts_only_while_there_is_no_checkpoint(run_train, capsys):
    run_train("--max_steps=3", run_dir="first")
    run_train("--init_from=first", "--max_steps=1")
    assert run_train("--init_from=first", "--max_steps=2") == 0
    assert "continuing at step 1 of 2" in capsys.readouterr().out


def test_a_missing_checkpoint_to_start_from_is_an_error_before_anything_is_written(
    run_train, capsys
):
    assert run_train("--init_from=nowhere/model.ckpt") == 1
    assert capsys.readouterr().err.startswith("--init_from: nowhere/model.ckpt: no checkpoint;")
    assert not Path("run").exists()


def test_sick_training_stops_at_once_and_keeps_the_last_checkpoint(run_train, monkeypatch, capsys):
    run_train("--max_steps=2")

    def nothing_but_nan(*_, **__):
        return np.full((4, 32, 32, 3), np.nan, np.float32)

    monkeypatch.setattr(training_loop, "batch_at", nothing_but_nan)
    assert run_train("--max_steps=12") == 1
    message = capsys.readouterr().err
    assert message.startswith("step 3: d_loss and ")
    assert "more is not a finite number; lower learning rates are needed" in message
    assert [checkpoint.step for checkpoint in find_all("run")] == [2]
    assert "is not a finite number" in Path("run/train.log").read_text()


def test_a_weight_that_is_no_number_is_found_in_the_same_step(run_train, monkeypatch, capsys):
    original = Training.start

    def start_with_infinity(self, session, checkpoint):
        step = original(self, session, checkpoint)
        beta = next(v for v in self.graph.variables if v.op.name.endswith("moving_mean"))
        beta.load(np.full(beta.shape, np.inf, np.float32), session)
        return step

    monkeypatch.setattr(Training, "start", start_with_infinity)
    assert run_train("--max_steps=3") == 1
    assert "step 1: generator/batch_trans_conv1/moving_mean is not" in capsys.readouterr().err
    assert find_all("run") == []


def test_skipped_files_are_named_with_the_reason(run_train, cat_folder, tmp_path, capsys):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for path in cat_folder.iterdir():
        (mixed / path.name).write_bytes(path.read_bytes())
    (mixed / "broken.jpg").write_bytes(b"")
    assert run_train("--max_steps=1", data_dir=mixed) == 0
    assert "skipped 1 file:\n  broken.jpg: the file is empty\n" in capsys.readouterr().out
    assert "broken.jpg: the file is empty" in Path("run/train.log").read_text()


def test_a_file_where_the_run_should_be_is_refused(run_train, tmp_path, capsys):
    (tmp_path / "run").write_text("in the way")
    assert run_train("--max_steps=1") == 1
    assert capsys.readouterr().err == "--run_dir: run is a file; a folder is needed.\n"


def test_the_run_is_named_after_its_preset():
    for given, name in (({}, "cat128"), ({"preset": "tiny"}, "tiny")):
        assert run_dir_of(given) == f"checkpoints/{name}"


def test_a_run_in_a_store_trains_continues_and_renders(run_train, tmp_path, capsys):
    run_dir = f"ram://{tmp_path.name}/run"
    assert run_train("--max_steps=3", run_dir=run_dir) == 0
    assert run_train("--max_steps=5", run_dir=run_dir) == 0
    assert "continuing at step 3 of 5" in capsys.readouterr().out
    run_train("--max_steps=5", run_dir="local")
    assert_same_values(values_in(run_dir, 5), values_in("local", 5))
    names = set(tf.io.gfile.listdir(run_dir))
    assert {"run.json", "metrics.jsonl", "train.log", "reals.jpg", "DONE"} <= names
    assert "run.lock" not in names
    assert sample.main([f"--run_dir={run_dir}", "--seeds=0-5", "--grid=2x3"]) == 0
    sheet = Path("samples/00000005/grid00000000-00000005.jpg").read_bytes()
    with tf.io.gfile.GFile(f"{run_dir}/snapshots/00000005.jpg", "rb") as snapshot:
        assert snapshot.read() == sheet


def test_a_damaged_newest_checkpoint_is_passed_over_with_a_sentence(run_train, capsys):
    run_train("--max_steps=6", "--save_every_epochs=1")
    whole = values_in("run", 6)
    data = Path("run/model.ckpt-00000006.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:-1])
    Path("run/DONE").unlink()
    assert run_train("--max_steps=6") == 0
    shown = capsys.readouterr().out
    assert "passed over run/model.ckpt-00000006: model.ckpt-00000006.data-00000-of-00001" in shown
    assert "continuing at step 3 of 6" in shown
    assert_same_values(values_in("run", 6), whole)


def test_a_run_without_any_sound_checkpoint_is_refused_and_left_as_it_is(run_train, capsys):
    run_train("--max_steps=1")
    Path("run/model.ckpt-00000001.index").write_bytes(b"")
    before = sorted(Path("run").iterdir())
    assert run_train("--max_steps=2") == 1
    assert "holds no sound checkpoint (model.ckpt-00000001.index has 0" in capsys.readouterr().err
    assert sorted(Path("run").iterdir()) == before


def test_a_second_training_in_the_same_folder_is_refused(run_train, capsys):
    run_train("--max_steps=1")
    with hold_lock("run"):
        assert run_train("--max_steps=2") == 1
    assert capsys.readouterr().err.startswith("--run_dir: run is in use by process ")


def test_a_full_disk_does_not_stop_training_while_it_can_still_end(run_train, monkeypatch, capsys):
    """Refuse the save after step 3; the one at the end succeeds."""
    original = checkpoints.save

    def refuse_the_first(session, saver, run_dir, step, info):
        if step == 3:
            raise UserError("run: cannot be saved (No space left on device); room is needed.")
        return original(session, saver, run_dir, step, info)

    monkeypatch.setattr(checkpoints, "save", refuse_the_first)
    assert run_train("--max_steps=5", "--save_every_epochs=1") == 0
    shown = capsys.readouterr().out
    assert "No space left on device); room is needed. Training goes on and tries again." in shown
    assert [checkpoint.step for checkpoint in find_all("run")] == [5]


def test_a_disk_that_is_still_full_at_the_end_is_exit_code_1(run_train, monkeypatch, capsys):
    run_train("--max_steps=2")

    def refuse(*_):
        raise UserError("run: cannot be saved (No space left on device); room is needed.")

    monkeypatch.setattr(checkpoints, "save", refuse)
    assert run_train("--max_steps=5") == 1
    assert "cannot be saved" in capsys.readouterr().err
    assert [checkpoint.step for checkpoint in find_all("run")] == [2]
    assert not Path("run/DONE").exists()


def test_what_a_continuation_changes_is_shown(run_train, capsys):
    run_train("--max_steps=1")
    run_train("--max_steps=2", "--lr_d=1e-3", "--threads=1")
    shown = capsys.readouterr().out
    assert "changed    --lr_d is 0.001, was 0.0002\n" in shown
    if os.cpu_count() != 1:
        assert f"bits may differ from here on: threads 1 instead of {os.cpu_count()}\n" in shown


def test_going_on_removes_the_snapshots_of_steps_that_are_done_again(run_train):
    run_train("--max_steps=6", "--save_every_epochs=1")
    for path in Path("run").glob("model.ckpt-00000006*"):
        path.unlink()
    assert run_train("--max_steps=4") == 0
    assert [path.stem for path in sorted(Path("run/snapshots").iterdir())] == [
        "00000003",
        "00000004",
    ]


def test_a_dry_run_tells_what_is_needed_and_leaves_nothing(run_train, tmp_path, capsys):
    assert run_train("--max_steps=6", "--dry_run") == 0
    shown = capsys.readouterr().out
    for part in ("images/s", "for 6 steps", "GiB at most", "GiB are free", "without --dry_run"):
        assert part in shown
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_refuses_what_the_disk_cannot_hold(run_train, monkeypatch, capsys):
    monkeypatch.setattr(files, "free_space", lambda folder: 1000)
    assert run_train("--max_steps=6", "--dry_run") == 1
    assert "--run_dir: run: 0.00 GiB are free; " in capsys.readouterr().err
