import hashlib

import pytest

from catdcgan.checkpoints.files import (
    find_all,
    find_best,
    find_damaged,
    find_newest_sound,
    prefix_at,
    prefix_of,
    prune,
    remove,
    verify,
    write_manifest,
)
from catdcgan.checkpoints.manifest import Notes
from catdcgan.console.errors import UserError
from catdcgan.storage import files


def make(folder, step, saved=0.0, **notes):
    """Make a checkpoint of a few bytes; return its prefix."""
    prefix = prefix_at(str(folder), step)
    for ending in ("index", "data-00000-of-00001"):
        files.write_atomically(f"{prefix}.{ending}", f"{ending} {step}".encode())
    write_manifest(prefix, step, Notes(epoch=1, saved=saved, **notes))
    return prefix


def steps(folder):
    return [checkpoint.step for checkpoint in find_all(str(folder))]


def damage(path, place=3):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_the_manifest_proves_each_file_by_size_and_hash(tmp_path):
    make(tmp_path, 7)
    manifest = find_all(str(tmp_path))[0].manifest
    assert manifest.step == 7
    assert manifest.files["model.ckpt-00000007.index"]._asdict() == {
        "bytes": 7,
        "sha256": hashlib.sha256(b"index 7").hexdigest(),
    }


def test_the_newest_sound_checkpoint_has_the_highest_step(tmp_path):
    for step in (900, 1000, 20):
        make(tmp_path, step)
    checkpoint, passed_over = find_newest_sound(str(tmp_path))
    assert (checkpoint.step, passed_over) == (1000, [])


def test_a_step_of_more_digits_is_newer_all_the_same(tmp_path):
    for step in (99_999_999, 100_000_000):
        make(tmp_path, step)
    assert steps(tmp_path) == [99_999_999, 100_000_000]


def test_a_folder_without_checkpoints_has_none(tmp_path):
    assert find_newest_sound(str(tmp_path)) == (None, [])
    assert find_newest_sound(str(tmp_path / "missing")) == (None, [])


@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001", "json"])
def test_a_flipped_bit_in_any_file_is_found_and_the_one_before_is_taken(tmp_path, ending):
    make(tmp_path, 1)
    make(tmp_path, 2)
    damage(tmp_path / f"model.ckpt-00000002.{ending}")
    checkpoint, passed_over = find_newest_sound(str(tmp_path))
    assert checkpoint.step == 1
    assert "model.ckpt-00000002" in passed_over[0].reason
    assert not passed_over[0].cut_short


def test_every_flipped_bit_of_a_manifest_is_found(tmp_path):
    make(tmp_path, 2)
    path = tmp_path / "model.ckpt-00000002.json"
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content)
        damage(path, place)
        assert steps(tmp_path) == [], content[place : place + 9]


@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001"])
def test_a_missing_and_a_shortened_file_show_without_reading_all(tmp_path, ending):
    make(tmp_path, 1)
    path = tmp_path / f"model.ckpt-00000001.{ending}"
    path.write_bytes(path.read_bytes()[:-1])
    assert "bytes, not" in find_damaged(str(tmp_path))[0].reason
    path.unlink()
    assert find_damaged(str(tmp_path))[0].reason == f"{path.name} is missing"


def test_a_manifest_that_names_no_files_proves_nothing(tmp_path):
    make(tmp_path, 7)
    path = tmp_path / "model.ckpt-00000007.json"
    files.write_json(path, {**files.read_json(path), "files": {}})
    (damage,) = find_damaged(str(tmp_path))
    assert damage.reason == "model.ckpt-00000007.json names no files"
    assert find_all(str(tmp_path)) == []


def test_a_manifest_under_another_name_does_not_count(tmp_path):
    make(tmp_path, 1)
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / path.name.replace("00001.", "00009.", 1))
    assert steps(tmp_path) == []


def test_a_save_that_was_cut_short_does_not_count_and_is_told_apart(tmp_path):
    make(tmp_path, 1)
    make(tmp_path, 2)
    (tmp_path / "model.ckpt-00000002.json").unlink()
    checkpoint, passed_over = find_newest_sound(str(tmp_path))
    assert checkpoint.step == 1
    assert passed_over[0].cut_short


def test_a_sound_checkpoint_has_no_defect(tmp_path):
    make(tmp_path, 1)
    assert verify(find_all(str(tmp_path))[0]) is None


def test_pruning_keeps_the_newest_and_clears_what_cut_short_saves_left(tmp_path):
    for step in (1, 2, 3):
        make(tmp_path, step)
    for name in (
        "model.ckpt-00000004.data-00000-of-00001.tempstate12",
        "checkpoint.tmp0a",
        ".run.json.x1.tmp",
        "model.ckpt-00000005.index",
    ):
        (tmp_path / name).write_text("left over")
    for name in ("reals.jpg", "run.json", "checkpoint", "model.ckpt.index"):
        (tmp_path / name).write_text("not ours to clear")
    prune(str(tmp_path), 2)
    assert steps(tmp_path) == [2, 3]
    assert len(list(tmp_path.iterdir())) == 2 * 3 + 4


def test_pruning_keeps_one_checkpoint_of_every_so_many_hours(tmp_path):
    for step in range(1, 9):
        make(tmp_path, step, saved=step * 1800.0)  # half an hour apart
    prune(str(tmp_path), 1, keep_every_hours=1.0)
    assert steps(tmp_path) == [1, 3, 5, 7, 8]


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


def test_damage_to_an_older_checkpoint_is_found_too_where_more_are_read_through(tmp_path):
    for step in (1, 2, 3):
        make(tmp_path, step)
    damage(tmp_path / "model.ckpt-00000002.index")
    assert find_newest_sound(str(tmp_path), read_through=1)[1] == []
    checkpoint, damages = find_newest_sound(str(tmp_path), read_through=3)
    assert checkpoint.step == 3
    assert [entry.prefix for entry in damages] == [str(tmp_path / "model.ckpt-00000002")]


def test_a_folder_in_the_place_of_a_file_is_damage(tmp_path):
    make(tmp_path, 1)
    prefix = make(tmp_path, 2)
    for ending in ("json", "index"):
        files.remove(f"{prefix}.{ending}")
        (tmp_path / f"model.ckpt-00000002.{ending}").mkdir()
        assert find_newest_sound(str(tmp_path))[0].step == 1
    remove(prefix)
    assert len(list(tmp_path.iterdir())) == 3


def test_the_best_that_was_measured_is_kept_however_old(tmp_path):
    for step, figure in ((1, 30.0), (2, 20.0), (3, 25.0)):
        make(tmp_path, step, figures={"swd": figure})
    make(tmp_path, 4)
    make(tmp_path, 5)
    assert find_best(find_all(str(tmp_path))).step == 2
    prune(str(tmp_path), 1)
    assert steps(tmp_path) == [2, 5]


def test_where_none_was_measured_none_is_the_best(tmp_path):
    make(tmp_path, 1)
    assert find_best(find_all(str(tmp_path))) is None
    assert find_best([]) is None
