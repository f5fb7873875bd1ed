"""Grey pictures from files to samples: tiny runs of MNIST presets, in this process."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.left_by_runs import metrics_in

FLAGS = ("--batch_size=4", "--snapshot_grid=2x2", "--snapshot_every=2", "--precision=float32")


@pytest.fixture
def run_grey(tmp_path, monkeypatch, digit_folder):
    """Return a function that trains an MNIST preset and returns the exit code."""
    from catdcgan import train

    monkeypatch.chdir(tmp_path)

    def run(*flags, preset="mnist-bn", run_dir="run", data_dir=digit_folder):
        where = [f"--data_dir={data_dir}", f"--run_dir={run_dir}", f"--preset={preset}"]
        return train.main([*where, *FLAGS, *flags])

    return run


def test_reals_snapshots_and_samples_are_grey(run_grey, run_sample):
    assert run_grey("--max_steps=2") == 0
    assert run_sample("--run_dir=run", "--num=3", "--format=png", "--out=single") == 0
    assert run_sample("--run_dir=run", "--num=4", "--grid=2x2", "--out=sheet") == 0
    for path, side in [
        ("run/reals.jpg", 56),
        ("run/snapshots/00000002.jpg", 56),
        ("single/seed00000002.png", 28),
        ("sheet/grid00000000-00000003.jpg", 56),
    ]:
        with Image.open(path) as image:
            assert (image.mode, image.size) == ("L", (side, side)), path
    sheet = Path("sheet/grid00000000-00000003.jpg").read_bytes()
    assert sheet == Path("run/snapshots/00000002.jpg").read_bytes()
    assert {"d_loss", "g_loss", "d_real", "d_fake"} <= metrics_in("run")[0].keys()


@pytest.mark.parametrize("preset", ["mnist-tf1", "mnist-bn"])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(run_grey, preset):
    """Dropout and fresh latents are functions of the step, as all else is."""
    run_grey("--max_steps=5", preset=preset, run_dir="whole")
    run_grey("--max_steps=3", preset=preset, run_dir="parts")
    run_grey("--max_steps=5", preset=preset, run_dir="parts")
    for name in ("model.ckpt-00000005.data-00000-of-00001", "snapshots/00000005.jpg"):
        assert Path("whole", name).read_bytes() == Path("parts", name).read_bytes()


def test_a_dry_run_of_grey_pictures_works(run_grey, capsys):
    assert run_grey("--dry_run", preset="mnist-fcgan") == 0
    assert "it all works" in capsys.readouterr().out


def test_coloured_pictures_become_grey_for_a_preset_of_mnist(run_grey, cat_folder):
    assert run_grey("--max_steps=1", data_dir=cat_folder) == 0
    with Image.open("run/reals.jpg") as image:
        assert image.mode == "L"


def test_a_run_of_pictures_goes_on_although_its_preset_has_a_class(run_grey, cat_folder):
    flags = ("--base_filters=2",)
    for steps in (1, 2):
        code = run_grey(f"--max_steps={steps}", *flags, preset="cifar10-dcgan", data_dir=cat_folder)
        assert code == 0
    assert json.loads(Path("run/run.json").read_text())["config"]["classes"] == "cat"


def test_a_class_that_was_asked_for_of_pictures_is_an_error(run_grey, cat_folder, capsys):
    assert run_grey("--classes=cat", preset="cifar10-dcgan", data_dir=cat_folder) == 1
    assert capsys.readouterr().err.startswith("--classes: cat, but ")


def test_grey_cats_train_and_are_rendered_from_the_bare_checkpoint(run_train, run_sample, tmp_path):
    assert run_train("--max_steps=1", "--channels=1", "--upsampling=resize") == 0
    for path in Path("run").glob("model.ckpt-00000001.[id]*"):
        path.rename(tmp_path / path.name.replace("-00000001", ""))
    assert run_sample("--checkpoint=model.ckpt", "--num=1", "--format=png", "--out=bare") == 0
    with Image.open("bare/seed00000000.png") as image:
        assert (image.mode, image.size) == ("L", (32, 32))


def test_a_bare_checkpoint_of_an_mnist_preset_is_rendered(run_grey, run_sample, tmp_path):
    assert run_grey("--max_steps=1", "--z_dim=8") == 0
    for path in Path("run").glob("model.ckpt-00000001.[id]*"):
        path.rename(tmp_path / path.name.replace("-00000001", ""))
    flags = ("--checkpoint=model.ckpt", "--preset=mnist-bn", "--num=1", "--format=png")
    assert run_sample(*flags, "--out=bare") == 0
    with Image.open("bare/seed00000000.png") as image:
        assert (image.mode, image.size) == ("L", (28, 28))
