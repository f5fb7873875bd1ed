"""Whole runs of tiny networks, in this process."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from catdcgan.checkpoints import variables
from catdcgan.checkpoints.files import find_all
from catdcgan.console.errors import UserError
from catdcgan.machine import devices
from catdcgan.run_folder.opening import run_dir_of
from catdcgan.storage import checked_json, files
from catdcgan.training import announcing, feeds
from catdcgan.training.loop import Training
from tests.left_by_runs import metrics_in, record_in


def test_a_run_leaves_everything_in_its_folder(run_train):
    assert run_train("--max_steps=7") == 0
    names = {path.relative_to("run").as_posix() for path in Path("run").rglob("*.*")}
    events = {name for name in names if name.startswith("events.out.tfevents.")}
    assert len(events) == 1
    names -= events
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
    assert "without a GPU" not in shown
    assert "to the last step" in shown[first_step:]


def test_large_networks_without_a_gpu_are_said_to_be_slow(run_train, monkeypatch, capsys):
    monkeypatch.setattr(announcing, "MANY_PARAMETERS", 10)
    run_train("--max_steps=1")
    assert "without a GPU this is slow; --preset tiny ends in minutes" in capsys.readouterr().out


def test_the_record_tells_what_the_run_was_made_of(run_train, cat_folder):
    run_train("--max_steps=1")
    record = record_in("run")
    assert record["pictures"]["count"] == 14
    assert str(cat_folder) in record["pictures"]["source"]
    assert len(record["pictures"]["fingerprint"]) == 64
    assert record["started"]["versions"]["tensorflow"] == tf.__version__
    assert record["started"]["machine"]["cores"] >= 1


def test_only_the_newest_checkpoints_are_kept(run_train):
    run_train("--epochs=5", "--save_every_epochs=1", "--keep_checkpoints=2")
    assert [checkpoint.step for checkpoint in find_all("run")] == [12, 15]


def test_a_checkpoint_is_due_after_some_minutes(run_train):
    run_train("--max_steps=3", "--save_every_minutes=1e-9", "--keep_checkpoints=9")
    # Step 2 may end while the checkpoint of step 1 is still being written.
    assert {checkpoint.step for checkpoint in find_all("run")} >= {1, 3}


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

    monkeypatch.setattr(feeds, "batch_at", nothing_but_nan)
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
        beta = next(v for v in self.job.graph.variables if v.op.name.endswith("moving_mean"))
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


def test_a_full_disk_does_not_stop_training_while_it_can_still_end(run_train, monkeypatch, capsys):
    """Refuse the save after step 3; the one at the end succeeds."""
    original = variables.save

    def refuse_the_first(values, run_dir, step, info):
        if step == 3:
            raise UserError("run: cannot be saved (No space left on device); room is needed.")
        return original(values, run_dir, step, info)

    monkeypatch.setattr(variables, "save", refuse_the_first)
    assert run_train("--max_steps=5", "--save_every_epochs=1") == 0
    shown = capsys.readouterr().out
    assert "No space left on device); room is needed. Training goes on and tries again." in shown
    assert [checkpoint.step for checkpoint in find_all("run")] == [5]


def test_a_disk_that_is_still_full_at_the_end_is_exit_code_1(run_train, monkeypatch, capsys):
    run_train("--max_steps=2")

    def refuse(*_):
        raise UserError("run: cannot be saved (No space left on device); room is needed.")

    monkeypatch.setattr(variables, "save", refuse)
    assert run_train("--max_steps=5") == 1
    assert "cannot be saved" in capsys.readouterr().err
    assert [checkpoint.step for checkpoint in find_all("run")] == [2]
    assert not Path("run/DONE").exists()


def test_a_dry_run_tells_what_is_needed_and_leaves_nothing(run_train, tmp_path, capsys):
    assert run_train("--max_steps=6", "--dry_run") == 0
    shown = capsys.readouterr().out
    for part in ("images/s", "for 6 steps", "GiB at most", "GiB are free", "without --dry_run"):
        assert part in shown
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_is_as_deterministic_as_the_run_will_be(run_train, monkeypatch):
    seeds = []
    monkeypatch.setattr(devices, "make_deterministic", seeds.append)
    assert run_train("--max_steps=6", "--dry_run", "--deterministic", "--seed=3") == 0
    assert seeds == [3]


def test_a_dry_run_of_a_run_computes_as_that_does(run_train, monkeypatch):
    run_train("--max_steps=1")
    record = checked_json.read("run/run.json")
    record["arithmetic"]["threads"] = 7
    checked_json.write("run/run.json", record)
    asked, original = [], devices.session_config
    monkeypatch.setattr(
        devices, "session_config", lambda threads, *_: asked.append(threads) or original()
    )
    assert run_train("--max_steps=6", "--dry_run") == 0
    assert asked == [7]


def test_a_dry_run_refuses_what_the_disk_cannot_hold(run_train, monkeypatch, capsys):
    monkeypatch.setattr(files, "free_space", lambda folder: 1000)
    assert run_train("--max_steps=6", "--dry_run") == 1
    assert "--run_dir: run: 0.00 GiB are free; " in capsys.readouterr().err
