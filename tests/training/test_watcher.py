"""What whole runs, of tiny networks and in this process, tell of themselves."""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from catdcgan.machine import stop_signals
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.storage import checked_json, files
from catdcgan.training import feeds, samples, watcher
from catdcgan.training.event_files import EventFile
from catdcgan.watching import health
from tests.left_by_runs import metrics_in

EVERY_STEP = {
    *("step", "epoch", "d_loss", "g_loss", "d_real", "d_fake", "d_loss_real", "d_loss_fake"),
    *("d_accuracy_real", "d_accuracy_fake", "d_gradient_norm", "g_gradient_norm"),
    *("lr_d", "lr_g", "timing"),
}


def lines_in(run_dir):
    return [json.loads(line) for line in Path(run_dir, "metrics.jsonl").read_text().splitlines()]


def names_in(run_dir):
    return {path.name for path in Path(run_dir).iterdir()}


def read_events(run_dir):
    accumulator = EventAccumulator(
        str(run_dir), size_guidance=dict.fromkeys(("scalars", "images", "histograms"), 0)
    )
    accumulator.Reload()
    return accumulator


def test_every_step_has_its_numbers_and_every_snapshot_more(run_train):
    run_train("--max_steps=4")
    first, _, third, last = lines_in("run")
    assert first.keys() == EVERY_STEP
    assert third.keys() == last.keys() == EVERY_STEP | {"diversity", "sharpness"}
    assert first["timing"].keys() == {"seconds", "images_per_second", "data_wait"}
    assert third["timing"].keys() == first["timing"].keys() | {"memory_bytes"}
    assert 2**20 < third["timing"]["memory_bytes"] < 2**37
    assert 0 <= first["timing"]["data_wait"] <= 1
    assert first["d_loss"] == pytest.approx(first["d_loss_real"] + first["d_loss_fake"], rel=1e-5)
    assert 0 <= third["diversity"] < 1
    assert all(line["g_gradient_norm"] > 0 for line in (first, third))


def test_a_continued_run_has_the_numbers_of_one_that_was_not_stopped(run_train):
    run_train("--max_steps=7", run_dir="whole")
    run_train("--max_steps=4")
    run_train("--max_steps=7")
    assert metrics_in("run")[:3] == metrics_in("whole")[:3]
    # The stop took a snapshot of its own at step 4, the last one then.
    without = [
        {k: v for k, v in line.items() if k not in ("diversity", "sharpness")}
        for line in metrics_in("run")
    ]
    wholly = [
        {k: v for k, v in line.items() if k not in ("diversity", "sharpness")}
        for line in metrics_in("whole")
    ]
    assert without == wholly
    assert metrics_in("run")[5:] == metrics_in("whole")[5:]


def test_tensorboard_shows_a_continued_run_with_each_step_once(run_train):
    run_train("--max_steps=3", "--evaluate_every=2")
    run_train("--max_steps=7")
    events = read_events("run")
    tags = set(events.Tags()["scalars"])
    assert set(watcher.TAGS.values()) - tags <= {"Resources/peak_gpu_memory_bytes"}
    assert tags <= set(watcher.TAGS.values())
    assert [event.step for event in events.Scalars("Loss/d")] == list(range(1, 8))
    values = [line["d_loss"] for line in lines_in("run")]
    assert [event.value for event in events.Scalars("Loss/d")] == pytest.approx(values)
    assert [event.step for event in events.Images("Snapshots/fixed")] == [3, 6, 7]
    assert [event.step for event in events.Histograms("Logits/D_real")] == [3, 6, 7]
    assert events.Tags()["graph"]


def test_going_back_to_an_older_checkpoint_leaves_no_point_twice(run_train):
    run_train("--max_steps=6", "--save_every_epochs=1")
    for path in Path("run").glob("model.ckpt-00000006*"):
        path.unlink()
    run_train("--max_steps=5")
    assert [event.step for event in read_events("run").Scalars("Loss/g")] == [1, 2, 3, 4, 5]


def test_a_run_leaves_plot_report_and_film(run_train):
    assert run_train("--max_steps=4", "--report") == 0
    made = {"losses.png", "report.html", "film.mp4", "film.gif"}
    assert made <= names_in("run")
    assert Path("run/losses.png").read_bytes().startswith(b"\x89PNG")
    assert 'href="film.mp4"' in Path("run/report.html").read_text()


def test_the_report_is_rewritten_at_saves_and_not_more_often_than_its_cost_allows(
    run_train, monkeypatch
):
    written = []
    monkeypatch.setattr(watcher.Report, "write", lambda *args: written.append(args[1]))
    flags = ("--max_steps=9", "--save_every_epochs=1", "--report")
    run_train(*flags)
    assert {state.words for state in written} == {"finished"}
    written.clear()
    monkeypatch.setattr(watcher, "SHARE", 1e9)
    run_train(*flags, run_dir="other")
    # After the save of step 3, which ends while training goes on.
    assert written[0].words == "training"
    assert 3 <= written[0].step <= 6
    assert written[0].seconds_left > 0


@pytest.fixture
def stop_after_step_4(monkeypatch):
    """Send the signal of a machine that is about to go away."""
    original = watcher.Watcher.note_step

    def note_step(self, step, *args):
        original(self, step, *args)
        if step == 4:
            signal.raise_signal(signal.SIGTERM)
            while not STOPS[-1]:
                time.sleep(0.01)  # the thread that listens answers at once

    monkeypatch.setattr(watcher.Watcher, "note_step", note_step)
    listen = stop_signals.listen_for_stop

    @contextlib.contextmanager
    def listen_and_keep(say):
        with listen(say) as stop:
            STOPS.append(stop)
            yield stop

    monkeypatch.setattr(stop_signals, "listen_for_stop", listen_and_keep)


STOPS = []


def test_a_stop_saves_first_and_then_writes_report_and_film(run_train, stop_after_step_4, capsys):
    assert run_train("--max_steps=9", "--report") == 75
    shown = capsys.readouterr().out
    assert shown.index("saved; writing the report") < shown.index("stopped and saved at step 4")
    assert {"report.html", "losses.png", "film.mp4"} <= names_in("run")
    assert "<strong>stopped</strong>" in Path("run/report.html").read_text()


def test_a_stop_does_not_wait_for_a_long_film(run_train, stop_after_step_4, monkeypatch, capsys):
    monkeypatch.setattr(watcher, "SECONDS_AFTER_STOP", 0)
    monkeypatch.setattr(
        watcher, "find_snapshots", lambda *_: [*find_snapshots("run/snapshots")] * 2
    )
    assert run_train("--max_steps=9", "--report") == 75
    assert "no time for the film: python -m catdcgan.film run" in capsys.readouterr().out
    assert "film.mp4" not in names_in("run")


def test_an_error_that_ends_the_run_is_on_the_page(run_train, monkeypatch):
    def nothing_but_nan(*_, **__):
        return np.full((4, 32, 32, 3), np.nan, np.float32)

    run_train("--max_steps=3")
    monkeypatch.setattr(feeds, "batch_at", nothing_but_nan)
    assert run_train("--max_steps=6", "--report") == 1
    assert "ended by an error (step 4: " in Path("run/report.html").read_text()


def test_what_is_switched_off_is_not_written(run_train):
    run_train("--max_steps=3", "--notensorboard", "--noreport")
    names = names_in("run")
    assert not [name for name in names if name.startswith("events")]
    assert names & {"losses.png", "report.html", "film.mp4", "film.gif"} == set()


@pytest.fixture
def alike(monkeypatch):
    """Make all samples one picture, and let the rules judge without waiting long."""
    monkeypatch.setattr(health, "WARM_UP", 6)
    monkeypatch.setattr(
        samples,
        "render_chunks",
        lambda *args: iter([np.zeros((6, 32, 32, 3), np.uint8)]),
    )


def test_a_complaint_is_said_shown_and_noted(run_train, alike, capsys):
    run_train("--max_steps=15")
    shown = capsys.readouterr().out
    assert shown.count("the samples are all alike: try an earlier checkpoint") == 1
    assert "SAMPLES ARE ALIKE" in shown.splitlines()[-2]
    noted = [line["step"] for line in lines_in("run") if "collapsed" in line.get("health", {})]
    assert noted == [12, 13, 14, 15]  # the fourth snapshot is after step 12
    assert "the samples are all alike" in Path("run/train.log").read_text()


def test_a_continued_run_knows_its_complaints_and_does_not_say_them_again(run_train, alike, capsys):
    run_train("--max_steps=13")
    capsys.readouterr()
    run_train("--max_steps=15")
    shown = capsys.readouterr().out
    assert "the samples are all alike" not in shown
    assert lines_in("run")[-1]["health"]["collapsed"] == 12


def test_a_collapse_stops_the_run_with_a_checkpoint_where_that_is_wanted(run_train, alike, capsys):
    assert run_train("--max_steps=20", "--stop_on_collapse") == 1
    assert capsys.readouterr().err == (
        "--stop_on_collapse: step 12: the samples are all alike; an earlier checkpoint "
        "(--init_from), lower learning rates or more pictures would be worth a try. "
        "The checkpoint of step 12 is saved.\n"
    )
    assert Path("run/model.ckpt-00000012.json").exists()
    assert not Path("run/DONE").exists()
    # Asked to go on all the same, it goes on.
    assert run_train("--max_steps=20", "--stop_on_collapse") == 0


class FullDisk:
    """Refuses the files of some names."""

    def __init__(self, monkeypatch, *names):
        self.names, self.write = names, files.write_atomically
        monkeypatch.setattr(files, "write_atomically", self)

    def __call__(self, path, data, durable=True):
        if os.path.basename(path) in self.names:
            raise OSError(28, "No space left on device", path)
        self.write(path, data, durable)


def test_a_disk_without_room_for_a_picture_never_stops_training(run_train, monkeypatch, capsys):
    FullDisk(monkeypatch, "losses.png", "report.html", "film.mp4")
    monkeypatch.setattr(watcher, "SHARE", 1e9)
    assert run_train("--max_steps=9", "--save_every_epochs=1", "--report") == 0
    shown = capsys.readouterr().out
    for name in ("losses.png", "report.html"):
        line = f"{name}: run/{name}: No space left on device; training goes on, and tries it again"
        assert shown.count(line) == 1
    assert Path("run/DONE").exists()


def test_what_works_again_is_said(run_train, monkeypatch, capsys):
    disk = FullDisk(monkeypatch, "losses.png")
    monkeypatch.setattr(watcher, "SHARE", 1e9)
    original = watcher.Watcher.note_step

    def make_room(self, step, *args):
        # The save of step 3 has ended by step 6, which waits for it: that writing fails.
        disk.names = disk.names if step < 7 else ()
        original(self, step, *args)

    monkeypatch.setattr(watcher.Watcher, "note_step", make_room)
    assert run_train("--max_steps=9", "--save_every_epochs=1", "--report") == 0
    assert capsys.readouterr().out.count("losses.png: works again") == 1


def test_a_package_that_is_missing_never_stops_training(run_train, monkeypatch, capsys):
    for package in ("matplotlib.figure", "bokeh.embed", "imageio_ffmpeg"):
        monkeypatch.setitem(sys.modules, package, None)
    assert run_train("--max_steps=3", "--report") == 0
    shown = capsys.readouterr().out
    for name in ("losses.png", "report.html", "the film"):
        assert f"{name}: ModuleNotFoundError: import of" in shown


def test_a_broken_event_file_is_replaced_at_the_next_save(run_train, monkeypatch, capsys):
    original = EventFile.write

    def fail_once(self, step, values):
        if step == 4:
            raise OSError(5, "Input/output error", self.path)
        original(self, step, values)

    monkeypatch.setattr(EventFile, "write", fail_once)
    assert run_train("--max_steps=9", "--save_every_epochs=1") == 0
    shown = capsys.readouterr().out
    assert shown.count("Input/output error; training goes on, and tries it again") == 1
    assert shown.count("TensorBoard's events: works again") == 1
    steps = [event.step for event in read_events("run").Scalars("Loss/d")]
    assert steps[:3] == [1, 2, 3]
    assert steps[3] > 4  # in a file of its own, once the next save has ended
    assert steps[-3:] == [7, 8, 9]


def test_a_mistake_in_the_rules_never_stops_training(run_train, monkeypatch, capsys):
    monkeypatch.setattr(health, "STEPS_AVERAGED", 0)  # to divide by
    assert run_train("--max_steps=3") == 0
    assert capsys.readouterr().out.count("judging health: ZeroDivisionError") == 1


def test_a_killed_run_has_the_events_of_its_checkpoint(run_train, monkeypatch):
    monkeypatch.setattr(EventFile, "close", lambda self: None)  # as if it were killed at the end
    kept = []
    original = EventFile.__init__

    def keep(self, *args):
        original(self, *args)
        kept.append(self)  # or it would be closed when nobody knows it any more

    monkeypatch.setattr(EventFile, "__init__", keep)
    run_train("--max_steps=5", "--save_every_epochs=1")
    assert [event.step for event in read_events("run").Scalars("Loss/d")] == [1, 2, 3, 4, 5]


def test_a_folder_where_the_event_file_should_be_written_may_be_missing(run_train, monkeypatch):
    def refuse(*_):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(watcher, "EventFile", refuse)
    assert run_train("--max_steps=3") == 0


def test_quietly_nothing_is_shown_and_everything_is_kept(run_train, capsys):
    assert run_train("--max_steps=3", "--quiet") == 0
    assert run_train("--max_steps=3", "--quiet") == 0  # it is finished
    assert capsys.readouterr() == ("", "")
    kept = Path("run/train.log").read_text()
    assert "step 3/3" in kept
    assert "finished at step 3" in kept


def test_quietly_mistakes_are_shown(run_train, capsys):
    assert run_train("--max_steps=3", "--quiet", "--lr_d=7") == 1
    assert capsys.readouterr().err.startswith("--lr_d: 7.0;")


def test_a_run_of_an_earlier_version_goes_on(run_train, capsys):
    """Its lines know the losses and what D believes, and no more."""
    run_train("--max_steps=3")
    known = ("step", "epoch", "d_loss", "g_loss", "d_real", "d_fake")
    old = [{name: line[name] for name in known} for line in lines_in("run")]
    Path("run/metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in old))
    record = json.loads(Path("run/run.json").read_text())
    del record["checksum"]
    for name in ("stop_on_collapse", "report", "tensorboard", "quiet"):
        del record["config"][name]
    checked_json.write("run/run.json", record)
    capsys.readouterr()
    assert run_train("--max_steps=6") == 0
    changed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("changed")]
    assert [line.split()[1] for line in changed] == ["--max_steps"]
    assert [line["step"] for line in lines_in("run")] == [1, 2, 3, 4, 5, 6]


def test_a_log_that_is_quiet_keeps_its_lines(tmp_path, capsys):
    log = RunLog(quiet=True)
    log.open(str(tmp_path / "train.log"))
    log.say("kept")
    assert capsys.readouterr().out == ""
    assert "kept" in (tmp_path / "train.log").read_text()
