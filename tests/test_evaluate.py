"""The command, on a run of a few steps of tiny networks."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catdcgan import evaluate, train
from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.metrics import inception, sliced_wasserstein
from catdcgan.metrics.catalogue import FIGURES
from tests.conftest import TINY_FLAGS

OF_INCEPTION = {"inception_fid", "inception_kid"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, cat_folder):
    """Return a run with checkpoints after 2 and 4 steps, which held back 6 of 14 cats."""
    run_dir = tmp_path_factory.mktemp("evaluated") / "run"
    flags = [f"--data_dir={cat_folder}", f"--run_dir={run_dir}", "--hold_back=6", *TINY_FLAGS]
    flags += ["--max_steps=4", "--save_every_epochs=1", "--quiet"]
    assert train.main(flags) == 0
    return run_dir


@pytest.fixture(scope="module")
def fresh_folder(tmp_path_factory):
    """Return a folder with 12 drawn cats that nothing was learned from."""
    folder = tmp_path_factory.mktemp("fresh")
    for index in range(12):
        Image.fromarray(draw_cat(100 + index, 32)).save(folder / f"{index:02}.png")
    return folder


@pytest.fixture(scope="module")
def odd_folders(tmp_path_factory):
    """Return folders of nothing, of a picture that is too large, and of one that is too small."""
    folders = {}
    for name, size in (("empty", None), ("large", (10_000, 10_000)), ("small", (8, 6))):
        folders[f"{{{name}}}"] = folder = tmp_path_factory.mktemp(name)
        if size:
            Image.new("1", size).save(folder / "1.png")
    return folders


@pytest.fixture
def run_evaluate(tmp_path, monkeypatch):
    """Return a function that evaluates into `out`, by fewer directions than usual."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sliced_wasserstein, "DIRECTIONS", 32)
    monkeypatch.setattr(sliced_wasserstein, "TOGETHER", 32)

    def run(*arguments, out="out"):
        return evaluate.main([*map(str, arguments), f"--out={out}"])

    return run


def entries(out="out"):
    return json.loads(Path(out, "evaluation.json").read_text())["evaluations"]


def test_the_newest_checkpoint_is_compared_with_what_the_run_held_back(
    trained, run_evaluate, capsys
):
    assert run_evaluate(trained) == 0
    (entry,) = entries()
    assert (entry["step"], entry["num"], entry["weights"]) == (4, 6, "average")
    assert "6 of 6 pictures that the run held back; floor: against 6 of" in entry["reals"]
    assert entry["figures"].keys() == entry["floor"].keys()
    assert FIGURES.keys() - entry["figures"].keys() == OF_INCEPTION
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == entry["reals"]
    assert printed[1].split() == ["samples", "real", "better"]
    assert printed[-1] == "out/evaluation.json"
    assert {path.name for path in Path("out").iterdir()} == {
        "evaluation.json",
        "evaluation.png",
        "memorisation.jpg",
    }


def test_all_checkpoints_are_a_line_each_and_the_same_call_changes_nothing(
    trained, run_evaluate, capsys
):
    assert run_evaluate(trained, "--all") == 0
    first = [entry["figures"] for entry in entries()]
    assert [entry["step"] for entry in entries()] == [2, 4]
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[2:4]] == [
        ["step", "2"],
        ["step", "4"],
    ]
    assert run_evaluate(trained, "--checkpoint=model.ckpt-00000002") == 0
    assert [entry["figures"] for entry in entries()] == first


def test_a_damaged_checkpoint_is_passed_over_among_all(trained, run_evaluate, tmp_path, capsys):
    shutil.copytree(trained, tmp_path / "copy")
    (path,) = Path("copy").glob("model.ckpt-00000002.data-*")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert run_evaluate("copy", "--all") == 0
    assert "passed over copy/model.ckpt-00000002: " in capsys.readouterr().out
    assert [entry["step"] for entry in entries()] == [4]


def test_real_statistics_are_measured_once(trained, run_evaluate, tmp_path):
    cache = f"--cache_dir={tmp_path / 'cache'}"
    kept = []
    for _ in range(2):
        assert run_evaluate(trained, cache) == 0
        paths = sorted(Path("cache").glob("statistics-*"))
        kept.append([(path, path.stat().st_mtime_ns) for path in paths])
    assert len(kept[0]) == 3
    assert kept[0] == kept[1]


def test_the_last_weights_have_an_entry_of_their_own(trained, run_evaluate):
    assert run_evaluate(trained, "--weights=last", "--quiet") == 0
    assert entries()[0]["weights"] == "last"


def test_other_pictures_can_be_named(trained, fresh_folder, run_evaluate):
    assert run_evaluate(trained, f"--data_dir={fresh_folder}", "--num=8") == 0
    assert f"8 of 12 pictures of {fresh_folder}; floor: against 8 of" in entries()[0]["reals"]


def test_what_was_held_back_is_found_where_the_runs_pictures_are_now(
    trained, cat_folder, run_evaluate, tmp_path
):
    moved = shutil.copytree(cat_folder, tmp_path / "moved")
    assert run_evaluate(trained, f"--data_dir={moved}") == 0
    assert "6 of 6 pictures that the run held back" in entries()[0]["reals"]


def test_a_run_on_pictures_by_a_preset_that_chooses_classes_is_measured(run_train, run_evaluate):
    assert run_train("--preset=cifar10-dcgan", "--max_steps=1") == 0
    assert run_evaluate("run") == 0


def test_pictures_that_somebody_else_made_are_measured(fresh_folder, cat_folder, run_evaluate):
    assert run_evaluate(fresh_folder, f"--data_dir={cat_folder}", "--quiet") == 0
    (entry,) = entries()
    assert (entry["samples"], entry["step"], entry["num"]) == (fresh_folder.name, None, 7)
    assert not Path("out/evaluation.png").exists()


def test_copies_of_training_pictures_are_told(cat_folder, run_evaluate):
    assert run_evaluate(cat_folder, f"--data_dir={cat_folder}", "--quiet") == 0
    assert entries()[0]["figures"]["near_copies"] == 1
    assert entries()[0]["floor"]["near_copies"] < 0.3


def test_fid_and_kid_are_measured_where_weights_are_named(
    trained, run_evaluate, monkeypatch, tmp_path, capsys
):
    # Stands in for the network, which tests/metrics/test_inception.py builds.
    def embed(pictures, path, flag):
        return pictures[:].reshape(len(pictures), -1)[:, :50].astype(np.float32)

    monkeypatch.setattr(inception, "embed_with_inception", embed)
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"\x89HDF\r\n\x1a\n")
    assert run_evaluate(trained, f"--inception_weights={weights}") == 0
    assert entries()[0]["figures"].keys() >= OF_INCEPTION
    assert "FID (not comparable with published FID" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "RUN_DIR: no folders given; one is needed."),
        (["a", "b"], "RUN_DIR: 2 folders given; one is needed."),
        (["nowhere"], "RUN_DIR: nowhere: not found; a run or pictures are needed."),
        (["{empty}"], "no checkpoint and no picture; a run or pictures are needed."),
        (["{fresh}"], "--data_dir: nothing; real pictures to compare with are needed."),
        (["{large}", "--data_dir=x"], "no checkpoint and no picture;"),
        (["{small}", "--data_dir=x"], "pictures of 8 x 6 pixels; at least 7 are needed."),
        (["nowhere://run"], "RUN_DIR: nowhere://run: TensorFlow has no file system"),
        (["{fresh}", "--all"], "holds no checkpoint; a run is needed."),
        (["{fresh}", "--num=5"], "--num: 5; it needs to be at least 6 and at most 50,000."),
        (["{run}", "--num=7"], "at most 6 will do."),
        (["{fresh}", "--weights=average"], "holds no checkpoint; a run is needed."),
        (["{run}", "--all", "--checkpoint=x"], "--checkpoint: given beside --all"),
        (["{run}", "--all", "--best"], "--best: given beside --all"),
        (["{run}", "--best"], "was measured; a run with --evaluate_every is needed."),
        (["{run}", "--checkpoint=model.ckpt-9"], "no checkpoint; a prefix that has"),
        (["{run}", "--inception_weights=nowhere.h5"], "nowhere.h5: not found"),
    ],
)
def test_mistakes_are_one_line(
    trained, fresh_folder, odd_folders, run_evaluate, capsys, arguments, line
):
    places = {"{run}": trained, "{fresh}": fresh_folder, **odd_folders}
    assert run_evaluate(*(places.get(argument, argument) for argument in arguments)) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert line in told
    assert not Path("out").exists()
