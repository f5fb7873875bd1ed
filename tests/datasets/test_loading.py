import os

import numpy as np
import pytest
from PIL import Image

from catdcgan.console.errors import UserError
from catdcgan.datasets import loading, recipes
from catdcgan.datasets.decoded import fingerprint
from catdcgan.datasets.loading import load_dataset
from catdcgan.pictures import decoding
from catdcgan.pictures.formats import FORMATS, MissingDecoderError


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn = np.zeros((5, 32, 32, 3), np.uint8)
    monkeypatch.setattr(loading, "load_drawn_cats", lambda image_size, folder: drawn)


def test_with_nothing_in_data_the_cats_are_drawn_and_it_is_said(tmp_path):
    assert load_dataset(None, 32, 4).source == (
        "5 cats drawn by the program (no pictures in data/)"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("Put pictures here.")
    assert "drawn" in load_dataset(None, 32, 4).source


def test_pictures_in_data_are_used_without_a_flag(tmp_path, cat_folder):
    (tmp_path / "data").symlink_to(cat_folder)
    dataset = load_dataset(None, 32, 4)
    assert dataset.source == "14 pictures of data"
    assert dataset.images.shape == (14, 32, 32, 3)


def test_a_missing_folder_is_an_error():
    with pytest.raises(
        UserError, match=r"^--data_dir: nowhere: not found; a folder, a zip or a tar"
    ):
        load_dataset("nowhere", 32, 4)


def test_a_folder_without_pictures_is_an_error_that_counts_what_is_there(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "notes.txt").write_text("no cats")
    with pytest.raises(UserError, match=r"^--data_dir: cats: no pictures, 1 file of other kinds;"):
        load_dataset("cats", 32, 4)


def test_fewer_pictures_than_a_batch_are_an_error_that_says_how_many(tmp_path):
    (tmp_path / "cats").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "cats" / "a.png")
    (tmp_path / "cats" / "b.png").write_bytes(b"")
    with pytest.raises(UserError) as error:
        load_dataset("cats", 32, 4)
    assert str(error.value) == (
        "--data_dir: cats: 1 picture, 1 skipped (the first: b.png: the file is empty); "
        "at least 4 pictures are needed, the size of a batch (--batch_size)."
    )


def test_a_fingerprint_changes_with_a_pixel_and_with_the_order():
    images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    changed = images.copy()
    changed[1, 2, 3, 0] += 1
    assert len({fingerprint(images), fingerprint(changed), fingerprint(images[::-1])}) == 3
    assert fingerprint(images) == fingerprint(images.copy())


def test_decoded_pictures_are_kept_beside_the_data(tmp_path, cat_folder):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cats").symlink_to(cat_folder)
    first = load_dataset("pictures/cats", 32, 4)
    kept = list((tmp_path / "pictures" / ".catdcgan-cache").glob("*.pixels"))
    assert len(kept) == 1
    again = load_dataset("pictures/cats", 32, 4)
    assert np.array_equal(first.images, again.images)
    assert first.fingerprint == again.fingerprint == fingerprint(again.images)


def test_another_place_can_be_chosen(tmp_path, cat_folder):
    load_dataset(str(cat_folder), 32, 4, cache_dir="elsewhere")
    assert len(list((tmp_path / "elsewhere").glob("*.pixels"))) == 1


def test_a_place_that_cannot_be_written_to_is_passed_over(tmp_path, cat_folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "system"))
    (tmp_path / "cats").symlink_to(cat_folder)
    (tmp_path / ".catdcgan-cache").write_text("in the way")
    load_dataset("cats", 32, 4, run_dir="run")
    assert len(list((tmp_path / "run" / ".catdcgan-cache").glob("*.pixels"))) == 1
    load_dataset("cats", 32, 4)
    assert len(list((tmp_path / "system" / "catdcgan").glob("*.pixels"))) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cats.txt"))
    (tmp_path / "cats.txt").write_text("in the way")
    assert len(load_dataset("cats", 32, 4).images) == 14


def test_a_chosen_place_that_cannot_be_written_to_is_an_error(tmp_path, cat_folder):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"^--cache_dir: file: .*; a folder with room that can be"):
        load_dataset(str(cat_folder), 32, 4, cache_dir="file")


@pytest.mark.parametrize("change", ["size", "time", "name"])
def test_a_changed_file_makes_a_new_set(tmp_path, change):
    (tmp_path / "cats").mkdir()
    for index in range(4):
        Image.new("RGB", (8, 8), (index, 0, 0)).save(tmp_path / "cats" / f"{index}.bmp")
    assert load_dataset("cats", 32, 4).images[0, 0, 0, 0] == 0
    path = tmp_path / "cats" / "0.bmp"
    if change == "name":
        path.rename(path.with_name("9.bmp"))
    else:
        size = (9, 9) if change == "size" else (8, 8)
        Image.new("RGB", size, (200, 0, 0)).save(path)
        os.utime(path, (1, 1))
    expected = 1 if change == "name" else 200
    assert load_dataset("cats", 32, 4).images[0, 0, 0, 0] == expected


def test_drawn_cats_are_grey_where_grey_ones_are_wanted():
    assert load_dataset(None, 32, 4, channels=1).images.shape == (5, 32, 32, 1)


def test_a_folder_of_pictures_will_do_for_a_preset_of_mnist_or_cifar(cat_folder):
    dataset = load_dataset(str(cat_folder), 28, 4, channels=1, data_set="MNIST")
    assert dataset.images.shape == (14, 28, 28, 1)
    dataset = load_dataset(
        str(cat_folder), 32, 4, data_set="CIFAR-10", classes="cat", classes_asked=False
    )
    assert dataset.source == f"14 pictures of {cat_folder}"


def test_classes_that_were_asked_for_are_not_forgotten_over_pictures(cat_folder):
    with pytest.raises(
        UserError, match=r"^--classes: dog, but .* holds neither MNIST nor CIFAR-10"
    ):
        load_dataset(str(cat_folder), 32, 4, data_set="CIFAR-10", classes="dog")


@pytest.mark.parametrize(
    ("data_set", "file"), [("MNIST", "train-images-idx3-ubyte"), ("CIFAR-10", "data_batch_1")]
)
@pytest.mark.parametrize("there", ["nothing", "no folder", "pictures"])
def test_without_its_files_a_preset_names_those_that_are_needed(
    tmp_path, cat_folder, data_set, file, there
):
    if there == "pictures":
        (tmp_path / "data").symlink_to(cat_folder)
    elif there == "nothing":
        (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match=rf"^data: no {data_set}; {file}.* needed") as error:
        load_dataset(None, 32, 4, data_set=data_set)
    assert "\n" not in str(error.value)


def test_a_named_folder_without_anything_names_the_files_too(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"^--data_dir: empty: no MNIST; train-images"):
        load_dataset("empty", 28, 4, data_set="MNIST")


def test_pictures_on_which_nothing_can_be_seen_are_told_at_each_start(tmp_path):
    (tmp_path / "cats").mkdir()
    for index, level in enumerate((0, 9, 100, 250)):
        Image.new("L", (8, 8), level).save(tmp_path / "cats" / f"{index}.png")
    told = [
        "2 pictures are nearly black (the first: 0.png)",
        "1 picture is nearly white (3.png)",
    ]
    for _ in range(2):
        assert list(load_dataset("cats", 32, 4).remarks) == told


def test_a_photo_is_decoded_as_soon_as_its_decoder_is_there(tmp_path, monkeypatch):
    (tmp_path / "cats").mkdir()
    for index in range(4):
        Image.new("L", (8, 8), 100).save(tmp_path / "cats" / f"{index}.png")
    Image.new("L", (8, 8), 101).save(tmp_path / "cats" / "4.heic", "PNG")
    data = (tmp_path / "cats" / "4.heic").read_bytes()
    monkeypatch.setattr(recipes, "lacks_decoder", lambda head: True)
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "formats_of", fail_for(data))
        first = load_dataset("cats", 32, 4)
        assert [entry.reason for entry in first.skipped] == ["something is missing"]
    assert len(load_dataset("cats", 32, 4).images) == 4
    monkeypatch.setattr(recipes, "lacks_decoder", lambda head: False)
    assert len(load_dataset("cats", 32, 4).images) == 5


def fail_for(missing):
    def formats_of(data):
        if data == missing:
            raise MissingDecoderError("something is missing")
        return FORMATS

    return formats_of
