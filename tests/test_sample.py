import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from catdcgan.sample import parse_seeds

v1 = tf.compat.v1


@pytest.fixture
def trained(run_of_3_steps, tmp_path, monkeypatch):
    """Put a run of 3 steps into the folder `run`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(run_of_3_steps, "run")


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_sheet_of_the_snapshots_seeds_is_the_snapshot_byte_for_byte(trained, run_sample):
    assert run_sample("--run_dir=run", "--seeds=0-5", "--grid=2x3") == 0
    sheet = Path("run/samples/00000003/grid00000000-00000005.jpg").read_bytes()
    assert sheet == Path("run/snapshots/00000003.jpg").read_bytes()


def test_a_seed_is_the_same_cat_whatever_the_count_and_the_order(trained, run_sample):
    run_sample("--run_dir=run", "--num=40", "--format=png", "--out=many")
    run_sample("--run_dir=run", "--seeds=33,7", "--format=png", "--out=few")
    assert sorted(path.name for path in Path("few").iterdir()) == [
        "seed00000007.png",
        "seed00000033.png",
    ]
    for path in Path("few").iterdir():
        assert np.array_equal(pixels(path), pixels(Path("many", path.name)))
    assert len(list(Path("many").iterdir())) == 40


def test_more_seeds_than_places_fill_several_sheets(trained, run_sample, capsys):
    run_sample("--run_dir=run", "--seeds=10-14", "--grid=1x2", "--format=png", "--out=sheets")
    assert sorted(path.name for path in Path("sheets").iterdir()) == [
        "grid00000010-00000011.png",
        "grid00000012-00000013.png",
        "grid00000014-00000014.png",
    ]


def test_sheets_of_the_same_first_and_last_seed_are_both_kept(trained, run_sample):
    run_sample("--run_dir=run", "--seeds=1,2,3,1,5,3", "--grid=1x3", "--out=sheets")
    assert sorted(path.name for path in Path("sheets").iterdir()) == [
        "grid00000001-00000003-sheet2.jpg",
        "grid00000001-00000003.jpg",
    ]


def test_with_nothing_asked_it_is_a_sheet_from_the_newest_run(run_train, run_sample, capsys):
    run_train("--max_steps=1", run_dir="checkpoints/old")
    run_train("--max_steps=1", run_dir="checkpoints/new")
    capsys.readouterr()
    assert run_sample() == 0
    assert capsys.readouterr().out.startswith("checkpoints/new/model.ckpt-00000001: 64 pictures\n")
    assert pixels("checkpoints/new/samples/00000001/grid00000000-00000063.jpg").shape == (
        8 * 32,
        8 * 32,
        3,
    )


@pytest.fixture
def foreign(trained, tmp_path):
    """Return the prefix of a checkpoint with another name, and no file of ours beside it."""
    folder = tmp_path / "his"
    folder.mkdir()
    for path in Path("run").glob("model.ckpt-00000003.[id]*"):
        (folder / path.name.replace("-00000003", "")).write_bytes(path.read_bytes())
    return folder / "model.ckpt"


def test_a_foreign_checkpoint_is_rendered_by_its_shapes(foreign, run_sample, capsys):
    assert run_sample(f"--checkpoint={foreign}.index", "--num=1", "--precision=float32") == 0
    shown = capsys.readouterr().out
    assert "no run.json beside it: pixel range and latents of preset cat128\n" in shown
    sample = pixels("samples/model.ckpt/seed00000000.jpg")
    assert sample.shape == (32, 32, 3)


def test_the_preset_of_2018_shows_half_the_range(foreign, run_sample):
    shared = f"--checkpoint={foreign}", "--num=1", "--format=png", "--precision=float32"
    run_sample(*shared, "--out=whole")
    run_sample(*shared, "--preset=cat128-2018", "--out=half")
    whole = pixels("whole/seed00000000.png").astype(float)
    half = pixels("half/seed00000000.png").astype(float)
    inside = np.abs(whole - 127.5) < 60
    np.testing.assert_allclose((half - 127.5)[inside], 2 * (whole - 127.5)[inside], atol=1.1)


def test_a_checkpoint_of_something_else_is_refused(tmp_path, run_sample, capsys):
    with tf.Graph().as_default(), v1.Session() as session:
        variable = v1.get_variable("x", initializer=1.0)
        session.run(variable.initializer)
        v1.train.Saver().save(session, str(tmp_path / "other.ckpt"))
    assert run_sample("--checkpoint=other.ckpt") == 1
    assert "other.ckpt: holds no generator/dense/kernel;" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--checkpoint=nowhere/model.ckpt"], "--checkpoint: nowhere/model.ckpt: no checkpoint;"),
        (["--run_dir=nowhere"], "--run_dir: nowhere holds no checkpoint;"),
        ([], "--run_dir: no run with a checkpoint under checkpoints;"),
        (["--seeds=5-"], "--seeds: 5-; it needs seeds and ranges"),
        (["--seeds=9-3"], "--seeds: 9-3; 9-3 is empty; the smaller seed"),
        (["--num=0"], "--num: 0; it needs to be at least 1"),
        (["--num=2", "--seeds=1"], "--num: given beside --seeds;"),
        (["--run_dir=a", "--checkpoint=b"], "--checkpoint: given beside --run_dir;"),
        (["--grid=0x3"], "--grid: 0x3; it needs rows x columns"),
        (["--format=bmp"], "--format: bmp; it needs to be one of jpg, png."),
        (["--preset=dog", "--checkpoint=x"], "--checkpoint: x: no checkpoint;"),
    ],
)
def test_a_mistake_is_one_line(run_sample, capsys, flags, message):
    assert run_sample(*flags) == 1
    error = capsys.readouterr().err
    assert error.startswith(message)
    assert error.count("\n") == 1


def test_seeds_are_listed_in_the_order_given():
    assert parse_seeds("3,7,10-12, 1") == [3, 7, 10, 11, 12, 1]


def test_an_absurd_range_of_seeds_is_refused_without_making_it():
    with pytest.raises(ValueError, match="at most 10,000,000 seeds"):
        parse_seeds("0-999999999999")


def test_a_png_and_a_jpeg_of_a_seed_are_the_same_picture(trained, run_sample):
    for file_format in ("png", "jpg"):
        run_sample("--run_dir=run", "--num=1", f"--format={file_format}", "--out=both")
    png, jpg = (pixels(f"both/seed00000000.{kind}").astype(int) for kind in ("png", "jpg"))
    assert np.abs(png - jpg).mean() < 6  # noise is what JPEG keeps worst
    assert Path("both/seed00000000.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


def test_quietly_it_renders_and_shows_nothing(run_train, run_sample, capsys):
    run_train("--max_steps=1", "--quiet")
    assert run_sample("--run_dir=run", "--num=2", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert len(list(Path("run/samples/00000001").iterdir())) == 2
