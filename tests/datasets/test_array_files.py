import gzip
import struct
import tarfile

import numpy as np
import pytest

from catdcgan.console.errors import UserError
from catdcgan.datasets.loading import load_dataset

RANDOM = np.random.default_rng(0)
DIGITS = RANDOM.integers(0, 256, (12, 28, 28), dtype=np.uint8)
DIGIT_LABELS = np.array([0, 1, 2, 3] * 3, np.uint8)
RECORDS = RANDOM.integers(0, 256, (12, 3073), dtype=np.uint8)
RECORDS[:, 0] = [3, 5] * 6


def idx(array):
    return struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(DIGITS)))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(DIGIT_LABELS))
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(DIGITS[:5]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"broken, and never read")
    (folder / "README.md").write_text("digits")
    return folder


@pytest.fixture
def cifar(tmp_path):
    folder = tmp_path / "cifar"
    folder.mkdir()
    for number, part in ((10, RECORDS[8:]), (1, RECORDS[:5]), (2, RECORDS[5:8])):
        (folder / f"data_batch_{number}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(b"never read")
    (folder / "batches.meta.txt").write_text("airplane\n")
    return folder


def load(folder, image_size=32, batch_size=4, **options):
    cache = str(folder.parent / "cache")
    return load_dataset(str(folder), image_size, batch_size, cache_dir=cache, **options)


def test_mnist_is_read_as_it_is_for_grey_pictures_of_its_size(mnist):
    dataset = load(mnist, 28, channels=1)
    assert np.array_equal(dataset.images, DIGITS[..., None])
    assert dataset.source == f"12 pictures of MNIST in {mnist}"


def test_mnist_becomes_rgb_of_the_size_for_picture_presets(mnist):
    images = load(mnist, 32).images
    assert images.shape == (12, 32, 32, 3)
    assert (images[..., 0] == images[..., 2]).all()
    assert abs(images[0].mean() - DIGITS[0].mean()) < 4


def test_cifar_files_are_read_in_the_order_of_their_numbers(cifar):
    images = load(cifar).images
    planes = RECORDS[:, 1:].reshape(-1, 3, 32, 32)
    assert np.array_equal(images, planes.transpose(0, 2, 3, 1))


def test_cifar_is_read_from_the_tar_it_is_published_in(cifar, tmp_path):
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(cifar, "cifar-10-batches-bin")
    assert np.array_equal(load(archive).images, load(cifar).images)


def test_classes_are_chosen_by_name(cifar, mnist):
    cats = load(cifar, classes="cat")
    assert len(cats.images) == 6
    assert cats.source == f"6 pictures of CIFAR-10 (cat) in {cifar}"
    assert len(load(cifar, classes="cat, dog").images) == 12
    threes = load(mnist, 28, batch_size=3, channels=1, classes="3").images
    assert np.array_equal(threes, DIGITS[DIGIT_LABELS == 3][..., None])


def test_a_class_that_is_not_there_is_an_error(cifar):
    with pytest.raises(UserError, match=r"^--classes: kitten; the classes of CIFAR-10 are air"):
        load(cifar, classes="kitten")


def test_pictures_have_no_classes(cat_folder):
    with pytest.raises(UserError, match=r"^--classes: cat, but .* holds neither MNIST nor CIFAR"):
        load_dataset(str(cat_folder), 32, 4, classes="cat")


def test_test_files_alone_are_an_error_that_names_what_is_needed(mnist):
    for path in mnist.glob("train*"):
        path.unlink()
    with pytest.raises(UserError, match=r"t10k-images.* without files to train on; train-images"):
        load(mnist)


def test_a_damaged_file_is_an_error_of_one_line(mnist, cifar):
    (mnist / "train-images-idx3-ubyte.gz").write_bytes(b"\0\0\10\3")
    with pytest.raises(UserError, match=r"mnist: train-images-idx3-ubyte\.gz: 4 bytes; an IDX"):
        load(mnist)
    (cifar / "data_batch_2.bin").write_bytes(bytes(3000))
    with pytest.raises(UserError, match=r"data_batch_2\.bin: 3,000 bytes; a whole number of rec"):
        load(cifar)


def test_labels_of_another_set_are_an_error(mnist):
    (mnist / "train-labels-idx1-ubyte").write_bytes(idx(DIGIT_LABELS[:7]))
    with pytest.raises(UserError, match="12 images and 7 labels"):
        load(mnist, classes="3")


def test_two_sets_in_one_folder_are_an_error(mnist, cifar):
    with pytest.raises(UserError, match="several sets of arrays"):
        load(mnist.parent)


def test_a_warm_start_needs_no_second_reading(cifar, monkeypatch):
    first = load(cifar)
    monkeypatch.setattr("catdcgan.datasets.recipes.load_arrays", None)
    again = load(cifar)
    assert np.array_equal(first.images, again.images)
    assert first.fingerprint == again.fingerprint


def test_without_a_flag_arrays_do_not_take_the_place_of_pictures(mnist, monkeypatch):
    monkeypatch.chdir(mnist.parent)
    mnist.rename("data")
    drawn = np.zeros((5, 32, 32, 3), np.uint8)
    monkeypatch.setattr("catdcgan.datasets.loading.load_drawn_cats", lambda size, folder: drawn)
    assert "drawn by the program" in load_dataset(None, 32, 4).source


@pytest.mark.parametrize("data_set", ["MNIST", "CIFAR-10"])
def test_beside_each_other_and_beside_pictures_each_preset_finds_its_own(
    tmp_path, mnist, cifar, cat_folder, data_set
):
    (tmp_path / "cats").symlink_to(cat_folder)
    dataset = load(tmp_path, data_set=data_set)
    assert dataset.source == f"12 pictures of {data_set} in {tmp_path}"


def test_test_files_alone_will_not_do(tmp_path, mnist):
    for path in mnist.glob("train-*"):
        path.unlink()
    with pytest.raises(
        UserError, match=r"mnist: no MNIST; train-images-idx3-ubyte\(.gz\) is needed"
    ):
        load(mnist, data_set="MNIST")


def test_the_same_files_twice_are_still_refused(tmp_path, mnist):
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "train-images-idx3-ubyte").write_bytes(idx(DIGITS))
    with pytest.raises(UserError, match="several sets of arrays"):
        load(tmp_path, data_set="MNIST")
