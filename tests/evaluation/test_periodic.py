import json
from pathlib import Path

import numpy as np
import pytest

from catdcgan.checkpoints.files import find_all, find_best
from catdcgan.console.errors import UserError
from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.evaluation.periodic import PeriodicEvaluation

CATS = np.stack([draw_cat(index, 32) for index in range(30)])


def figures_in(path):
    lines = map(json.loads, Path(path).read_text().splitlines())
    return {line["step"]: line["swd"] for line in lines if "swd" in line}


def test_samples_are_compared_with_what_was_held_back():
    evaluation = PeriodicEvaluation(CATS[:20], CATS[20:])
    assert evaluation.count == 10
    assert "10 of 10 pictures that were held back" in evaluation.words
    noise = np.random.default_rng(0).integers(0, 256, CATS[:10].shape, np.uint8)
    figures = evaluation.measure(noise)
    assert figures["swd"] > 1.5 * figures["swd_floor"] > 0
    assert evaluation.measure(CATS[20:])["swd"] == 0


def test_with_nothing_held_back_the_training_pictures_are_parted():
    evaluation = PeriodicEvaluation(CATS, ())
    assert evaluation.count == 15
    assert "15 of 30 training pictures" in evaluation.words


def test_too_few_pictures_are_refused():
    with pytest.raises(UserError, match=r"^--evaluate_every: .* too few; 12 pictures"):
        PeriodicEvaluation(CATS[:4], ())


def test_a_run_that_cannot_be_measured_is_refused_before_anything_is_written(run_train, capsys):
    assert run_train("--evaluate_every=1", "--hold_back=4", "--max_steps=1") == 1
    assert "--evaluate_every: 10 training pictures" in capsys.readouterr().err
    assert not Path("run/run.json").exists()


def test_a_run_measures_on_time_and_keeps_the_best_checkpoint(run_train):
    flags = "--hold_back=6", "--evaluate_every=2", "--keep_checkpoints=1", "--epochs=99"
    assert run_train(*flags, "--max_steps=7", "--lr_d=1e-2", "--lr_g=1e-2") == 0
    figures = figures_in("run/metrics.jsonl")
    assert list(figures) == [2, 4, 6, 7]
    best = min(figures, key=figures.get)
    found = find_all("run")
    assert find_best(found).step == best
    assert {checkpoint.step for checkpoint in found} == {best, 7}
    assert find_best(found).manifest.notes.figures["swd"] == figures[best]


def test_a_run_that_goes_on_measures_the_same(run_train):
    flags = "--hold_back=6", "--evaluate_every=2"
    run_train(*flags, "--max_steps=6", run_dir="whole")
    run_train(*flags, "--max_steps=3", run_dir="parts")
    run_train("--max_steps=6", run_dir="parts")
    whole, parts = (figures_in(f"{name}/metrics.jsonl") for name in ("whole", "parts"))
    assert {step: parts[step] for step in whole} == whole


def test_the_best_checkpoint_is_rendered_by_its_flag(run_train, run_sample, capsys):
    run_train("--hold_back=6", "--evaluate_every=1", "--max_steps=4", "--keep_checkpoints=4")
    best = find_best(find_all("run")).prefix
    capsys.readouterr()
    assert run_sample("--run_dir=run", "--best", "--num=1") == 0
    assert capsys.readouterr().out.startswith(f"{best}: 1 picture\n")


def test_where_nothing_was_measured_there_is_no_best(run_train, run_sample, capsys):
    run_train("--max_steps=1")
    assert run_sample("--run_dir=run", "--best") == 1
    assert "--best: no checkpoint in run was measured;" in capsys.readouterr().err
