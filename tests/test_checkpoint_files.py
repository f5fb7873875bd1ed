import json

import pytest

from catdcgan.checkpoint_files import find_all, find_latest, prefix_of, prune
from catdcgan.errors import UserError


def make(folder, step, endings=("index", "data-00000-of-00001", "json")):
    prefix = folder / f"model.ckpt-{step:08d}"
    for ending in endings:
        text = json.dumps({"step": step}) if ending == "json" else "bytes"
        prefix.with_name(f"{prefix.name}.{ending}").write_text(text)
    return prefix


def test_the_latest_checkpoint_has_the_highest_step(tmp_path):
    for step in (900, 1000, 20):
        make(tmp_path, step)
    assert find_latest(tmp_path) == (tmp_path / "model.ckpt-00001000", 1000)


def test_a_folder_without_checkpoints_has_no_latest(tmp_path):
    assert find_latest(tmp_path) is None
    assert find_latest(tmp_path / "missing") is None


@pytest.mark.parametrize("missing", ["index", "data-00000-of-00001", "json"])
def test_a_save_that_was_cut_short_does_not_count(tmp_path, missing):
    make(tmp_path, 1)
    endings = {"index", "data-00000-of-00001", "json"} - {missing}
    make(tmp_path, 2, endings)
    assert [checkpoint.step for checkpoint in find_all(tmp_path)] == [1]


def test_a_torn_json_file_does_not_count(tmp_path):
    make(tmp_path, 1)
    make(tmp_path, 2).with_name("model.ckpt-00000002.json").write_text('{"st')
    assert find_latest(tmp_path).step == 1


def test_pruning_keeps_the_newest_and_clears_what_cut_short_saves_left(tmp_path):
    for step in (1, 2, 3):
        make(tmp_path, step)
    make(tmp_path, 4, ["data-00000-of-00001.tempstate123"])
    (tmp_path / "reals.jpg").write_text("pixels")
    prune(tmp_path, 2)
    assert sorted({path.name.split(".")[1] for path in tmp_path.glob("model.ckpt-*")}) == [
        "ckpt-00000002",
        "ckpt-00000003",
    ]
    assert (tmp_path / "reals.jpg").exists()


@pytest.mark.parametrize("ending", ["", ".index", ".data-00000-of-00001", ".json", ".meta"])
def test_a_checkpoint_is_named_by_its_prefix_or_any_of_its_files(tmp_path, ending):
    prefix = make(tmp_path, 7)
    assert prefix_of(f"{prefix}{ending}", "--checkpoint") == prefix


def test_a_run_names_its_latest_checkpoint(tmp_path):
    make(tmp_path, 7)
    newer = make(tmp_path, 8)
    assert prefix_of(str(tmp_path), "--init_from") == newer


def test_a_missing_checkpoint_is_an_error_that_names_those_beside_it(tmp_path):
    make(tmp_path, 7)
    with pytest.raises(UserError) as error:
        prefix_of(str(tmp_path / "model.ckpt-00000008"), "--checkpoint")
    assert str(error.value).startswith("--checkpoint: ")
    assert str(error.value).endswith("there are model.ckpt-00000007.")


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no checkpoint"):
        prefix_of(str(tmp_path / "nowhere" / "model.ckpt"), "--checkpoint")
