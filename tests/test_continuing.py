"""Runs that go on, in this process: the same command, the same bits, or a reason why not."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from catdcgan import sample, train
from catdcgan.checkpoints.names import average_name, has_averages
from catdcgan.datasets import loading
from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.run_folder.lock import hold_lock
from catdcgan.storage import checked_json
from catdcgan.training.loop import Training
from catdcgan.training.stepping import Stepping
from tests.conftest import TINY_FLAGS
from tests.left_by_runs import assert_same_values, metrics_in, record_in, values_in


def stop_after(monkeypatch, step):
    """Let the next run be asked to stop while its step number `step` runs."""
    original_train, original_run = Training.train, Stepping.run

    requests = []

    def remember_request(self, checkpoint, stop):
        requests.append(stop)
        return original_train(self, checkpoint, stop)

    def run_and_ask(self, session, index, feed, wish):
        if index == step - 1:
            requests[-1].number = signal.SIGTERM
        return original_run(self, session, index, feed, wish)

    monkeypatch.setattr(Training, "train", remember_request)
    monkeypatch.setattr(Stepping, "run", run_and_ask)


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


def test_the_threads_of_a_run_are_kept_on_a_machine_with_other_cores(run_train):
    run_train("--max_steps=1", "--threads=1")
    record = checked_json.read("run/run.json")
    record["arithmetic"]["cores"] += 1
    checked_json.write("run/run.json", record)
    run_train("--max_steps=2")
    assert checked_json.read("run/run.json")["arithmetic"]["threads"] == 1


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


def test_a_copy_without_its_json_files_starts_anew_and_keeps_all_that_was_there(run_train, capsys):
    run_train("--max_steps=6", "--save_every_epochs=1")
    there = {path.name for path in Path("run").glob("*")} - {"snapshots", "run.lock"}
    snapshots = {path.name for path in Path("run/snapshots").iterdir()} - {"00000000.jpg"}
    for path in Path("run").glob("*.json"):
        path.unlink()
        there.remove(path.name)
    assert run_train("--max_steps=1", "--snapshot_every=100") == 0
    assert "no manifest (.json)" in capsys.readouterr().out
    (aside,) = Path("run/set-aside").iterdir()
    assert {path.name for path in aside.glob("model*")} == {n for n in there if n[0] == "m"} - {
        "metrics.jsonl"
    }
    assert len((aside / "metrics.jsonl").read_text().splitlines()) == 6
    left = {path.name for path in [*aside.glob("snapshots/*"), *Path("run/snapshots").iterdir()]}
    assert snapshots <= left


def test_files_of_the_user_stay(run_train):
    run_train("--max_steps=2")
    others = ["thesis.tmp", "snapshots/20240101.jpg", "checkpoint.tmpabc", "snapshots/x.tmp"]
    for name in others:
        Path("run", name).write_text("mine")
    Path("run/download.tmp/part").mkdir(parents=True)
    assert run_train("--max_steps=4") == 0
    assert all(Path("run", name).read_text() == "mine" for name in others)
    assert Path("run/download.tmp/part").is_dir()


def test_a_checkpoint_of_another_run_is_named_and_passed_over(run_train, capsys):
    run_train("--max_steps=4", "--seed=1", run_dir="other")
    run_train("--max_steps=2")
    for path in Path("other").glob("model.ckpt-00000004.*"):
        path.rename(Path("run", path.name))
    assert run_train("--max_steps=3") == 0
    shown = capsys.readouterr().out
    assert "passed over run/model.ckpt-00000004: it is of another run" in shown
    assert "continuing at step 2 of 3" in shown
    assert len(list(Path("run").glob("set-aside/*/model.ckpt-00000004.*"))) == 3


def test_a_run_of_an_earlier_version_gets_an_id_and_goes_on(run_train):
    run_train("--max_steps=2")
    for name in ("run.json", "model.ckpt-00000002.json"):
        content = checked_json.read(f"run/{name}")
        (content if name == "run.json" else content["record"]).pop("id")
        checked_json.write(f"run/{name}", content)
    assert run_train("--max_steps=3") == 0
    assert [line["step"] for line in metrics_in("run")] == [1, 2, 3]
    name = record_in("run")["id"]
    assert name
    assert checked_json.read("run/model.ckpt-00000003.json")["record"]["id"] == name
    assert run_train("--max_steps=4") == 0


def test_a_name_that_tensorflow_cannot_write_to_is_refused(run_train, capsys):
    assert run_train("--max_steps=1", run_dir=os.fsdecode(b"run\xff")) == 1
    assert "TensorFlow wants UTF-8; another name is needed." in capsys.readouterr().err


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


def test_a_first_save_that_was_killed_before_its_manifest_is_taken_over(run_train, capsys):
    run_train("--max_steps=4", run_dir="whole")
    run_train("--max_steps=3")
    Path("run/model.ckpt-00000003.json").unlink()
    assert run_train("--max_steps=4") == 0
    assert "continuing at step 3 of 4" in capsys.readouterr().out
    assert_same_values(values_in("run", 4), values_in("whole", 4))


def test_a_first_save_that_was_killed_earlier_starts_anew(run_train, capsys):
    run_train("--max_steps=3")
    for ending in ("json", "index"):
        Path(f"run/model.ckpt-00000003.{ending}").unlink()
    assert run_train("--max_steps=4") == 0
    assert "continuing" not in capsys.readouterr().out
    assert [line["step"] for line in metrics_in("run")] == [1, 2, 3, 4]


def test_a_run_that_is_older_than_averages_goes_on_without_them(run_train):
    run_train("--max_steps=2", "--ema_decay=0", "--augment=off")
    record = record_in("run")
    for name in ("ema_decay", "augment"):  # as an older version wrote it
        del record["config"][name]
    Path("run/run.json").write_text(json.dumps(record))
    assert run_train("--max_steps=3") == 0
    assert not has_averages(values_in("run", 3))


def test_averages_begin_at_the_weights_of_a_file_that_has_none(run_train):
    run_train("--max_steps=2", "--ema_decay=0", run_dir="plain")
    assert run_train("--init_from=plain", "--max_steps=1", "--seed=9") == 0
    before, after = values_in("plain", 2), values_in("run", 1)
    name = "generator/dense/kernel"
    expected = 0.1 * before[name] + 0.9 * after[name]  # the first step keeps a tenth
    np.testing.assert_allclose(after[average_name(name)], expected, rtol=1e-4, atol=1e-7)


def test_a_run_on_cats_that_an_earlier_version_drew_otherwise_goes_on(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    few = np.stack([draw_cat(index, 32) for index in range(8)])
    monkeypatch.setattr(loading, "load_drawn_cats", lambda *_: few)
    command = ["--run_dir=run", *TINY_FLAGS]
    assert train.main([*command, "--max_steps=1"]) == 0
    for name in ("run.json", "model.ckpt-00000001.json"):
        content = checked_json.read(f"run/{name}")
        record = content if name == "run.json" else content["record"]
        record.pop("id")
        record["pictures"]["fingerprint"] = "that of other pixels"
        checked_json.write(f"run/{name}", content)
    for steps, differs in ((2, True), (3, False)):
        capsys.readouterr()
        assert train.main([*command, f"--max_steps={steps}"]) == 0
        assert ("a few pixels of the drawn cats" in capsys.readouterr().out) is differs
