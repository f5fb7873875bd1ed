import hashlib

import pytest

from catdcgan.checkpoints.files import (
    find_all,
    find_best,
    find_damaged,
    find_newest_sound,
    mark_begun,
    prefix_at,
    prefix_of,
    remove,
    verify,
    write_manifest,
)
from catdcgan.checkpoints.manifest import Notes
from catdcgan.console.errors import UserError
from catdcgan.storage import checked_json, files


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
    assert passed_over[0].promised


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


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["model.ckpt-00000007.data-00000-of-00001"],
        ["model.ckpt-00000007.index", "../other/model.ckpt-00000007.data-00000-of-00001"],
        ["model.ckpt-00000007.index", "model.ckpt-00000008.data-00000-of-00001"],
        ["model.ckpt-00000007.index", "/etc/passwd"],
    ],
)
def test_a_manifest_that_names_other_files_than_its_own_proves_nothing(names, tmp_path):
    make(tmp_path, 7)
    path = tmp_path / "model.ckpt-00000007.json"
    proof = {"bytes": 1, "sha256": ""}
    checked_json.write(path, {**checked_json.read(path), "files": dict.fromkeys(names, proof)})
    (damage,) = find_damaged(str(tmp_path))
    assert damage.reason == "model.ckpt-00000007.json does not name its files"
    assert find_all(str(tmp_path)) == []


def test_a_manifest_of_brackets_alone_is_damage(tmp_path):
    make(tmp_path, 7)
    (tmp_path / "model.ckpt-00000007.json").write_text("[" * 10**6)
    assert "is damaged" in find_damaged(str(tmp_path))[0].reason


def test_a_manifest_under_another_name_does_not_count(tmp_path):
    make(tmp_path, 1)
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / path.name.replace("00001.", "00009.", 1))
    assert steps(tmp_path) == []


def test_a_save_that_was_cut_short_does_not_count_and_is_told_apart(tmp_path):
    make(tmp_path, 1)
    mark_begun(make(tmp_path, 2))
    (tmp_path / "model.ckpt-00000002.json").unlink()
    checkpoint, passed_over = find_newest_sound(str(tmp_path))
    assert checkpoint.step == 1
    assert passed_over[0].left_over


def test_a_checkpoint_whose_manifest_is_gone_is_no_left_over(tmp_path):
    make(tmp_path, 1)
    (tmp_path / "model.ckpt-00000001.json").unlink()
    (damage,) = find_damaged(str(tmp_path))
    assert not damage.promised
    assert not damage.left_over


def test_with_its_manifest_a_checkpoint_counts_whatever_mark_a_kill_has_left(tmp_path):
    mark_begun(make(tmp_path, 1))
    assert steps(tmp_path) == [1]


def a_record(**changes):
    config = {"image_size": 32, "seed": 0, "max_steps": 9, **changes.pop("config", {})}
    return {"config": config, "pictures": {"fingerprint": "ab"}, **changes}


@pytest.mark.parametrize(
    ("told", "of_the_run"),
    [
        (a_record(id="1"), True),
        (a_record(id="1", config={"seed": 5}), True),
        (a_record(id="2"), False),
        (a_record(), True),
        (a_record(config={"max_steps": 20}), True),
        (a_record(config={"seed": 5}), False),
        (a_record(pictures={"fingerprint": "cd"}), False),
        (None, False),
        ({"config": 7}, False),
    ],
)
def test_a_checkpoint_counts_only_in_its_own_run(told, of_the_run, tmp_path):
    checked_json.write(tmp_path / "run.json", a_record(id="1"))
    make(tmp_path, 1, record=told)
    assert steps(tmp_path) == [1] * of_the_run
    if not of_the_run:
        assert find_damaged(str(tmp_path))[0].reason == "it is of another run"


def test_where_the_runs_record_is_lost_the_newest_checkpoint_tells_which_run_it_is(tmp_path):
    for step, name in ((1, "1"), (2, "2"), (3, "1")):
        make(tmp_path, step, record=a_record(id=name))
    assert steps(tmp_path) == [1, 3]


def test_a_sound_checkpoint_has_no_defect(tmp_path):
    make(tmp_path, 1)
    assert verify(find_all(str(tmp_path))[0]) is None


def test_removing_a_checkpoint_removes_what_is_half_written_too(tmp_path):
    prefix = make(tmp_path, 1)
    mark_begun(prefix)
    for ending in ("data-00000-of-00001.tempstate12", "index.tempstate345"):
        (tmp_path / f"model.ckpt-00000001.{ending}").touch()
    (tmp_path / "model.ckpt-00000001.notes.txt").touch()
    remove(prefix)
    assert [path.name for path in tmp_path.iterdir()] == ["model.ckpt-00000001.notes.txt"]


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


def test_where_none_was_measured_none_is_the_best(tmp_path):
    make(tmp_path, 1)
    assert find_best(find_all(str(tmp_path))) is None
    assert find_best([]) is None
