import json
import os
import shutil
from pathlib import Path

import pytest

from catdcgan import runs
from catdcgan.run_folder.lock import hold_lock
from catdcgan.run_folder.summary import last_metrics, summarise


@pytest.fixture
def trained(run_of_3_steps, tmp_path, monkeypatch):
    """Make a folder with a finished run and one that was stopped."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        shutil.copytree(run_of_3_steps, f"checkpoints/{name}")
    os.remove("checkpoints/two/DONE")


def test_the_runs_are_listed_with_how_they_stand(trained, capsys):
    assert runs.main([]) == 0
    headings, one, two = (line.split() for line in capsys.readouterr().out.splitlines())
    assert tuple(headings) == runs.HEADINGS
    assert one[:5] == ["checkpoints/one", "cat128", "finished", "3/3", "100%"]
    assert two[:3] == ["checkpoints/two", "cat128", "stopped"]
    numbers = last_metrics("checkpoints/one/metrics.jsonl")[-1]
    assert one[5:7] == [f"{numbers['d_loss']:.3f}", f"{numbers['g_loss']:.3f}"]
    assert one[7] == "healthy"
    assert one[-1] == "MiB"


def test_a_run_at_work_is_known_by_its_process_and_tells_the_time_left(trained):
    with hold_lock("checkpoints/two"):
        assert summarise("checkpoints/two").state == "training"
    assert summarise("checkpoints/two").state == "stopped"


def test_a_folder_that_is_a_run_is_listed_itself(trained, capsys):
    assert runs.main(["checkpoints/one"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_what_is_no_run_is_left_out(trained, capsys):
    Path("checkpoints/notes").mkdir()
    Path("checkpoints/damaged").mkdir()
    Path("checkpoints/damaged/run.json").write_text("{")
    Path("checkpoints/README.md").write_text("")
    assert runs.main([]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_run_before_its_first_step_is_listed(trained, capsys):
    os.remove("checkpoints/one/metrics.jsonl")
    os.remove("checkpoints/one/DONE")
    assert runs.main(["checkpoints/one"]) == 0
    assert "0/3   0%" in capsys.readouterr().out


def test_no_run_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert runs.main([]) == 1
    assert capsys.readouterr().err == (
        "checkpoints: no run; a training is needed first, or another FOLDER.\n"
    )


def test_the_last_lines_are_read_from_the_end_and_damaged_ones_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = [json.dumps({"step": step, "d_loss": 0.5, "more": "x" * 50}) for step in range(1, 5001)]
    path.write_text("\n".join(lines) + '\n{"step": 5001, "d_lo')
    steps = [line["step"] for line in last_metrics(str(path))]
    assert steps[-1] == 5000
    assert 500 < len(steps) < 1000
    assert last_metrics(str(tmp_path / "nowhere")) == []
