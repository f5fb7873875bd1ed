import subprocess
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from catdcgan.film import main
from catdcgan.pictures.pixels import encode_jpeg
from catdcgan.run_folder.snapshots import find_snapshots, thin
from catdcgan.watching import film
from catdcgan.watching.film import FilmStoppedError, draw_frames, make_film


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    """Return a run with snapshots after steps 100 to 500, each brighter than the one before."""
    monkeypatch.chdir(tmp_path)
    for index in range(5):
        take_snapshot(tmp_path / "run", 100 * (index + 1), 50 * index)
    (tmp_path / "run/snapshots/notes.txt").write_text("no snapshot")
    return tmp_path / "run"


def take_snapshot(run_dir, step, value, size=(64, 96)):
    path = Path(run_dir, "snapshots", f"{step:08d}.jpg")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_jpeg(np.full((*size, 3), value, np.uint8)))


def frames_of(path, height=64 + film.STRIP, width=96):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    raw = [*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(raw, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)


def test_snapshots_are_found_in_the_order_of_their_steps(run_dir):
    take_snapshot(run_dir, 123_456_789, 0)
    steps = [snapshot.step for snapshot in find_snapshots(str(run_dir / "snapshots"))]
    assert steps == [100, 200, 300, 400, 500, 123_456_789]
    assert find_snapshots(str(run_dir / "nowhere")) == []


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 11, 100, 999])
def test_thinning_keeps_the_first_and_the_last_and_spaces_the_rest(count):
    thinned = thin(list(range(count)), 10)
    assert len(thinned) <= 10
    assert (thinned[0], thinned[-1]) == (0, count - 1)
    assert len({late - early for early, late in pairwise(thinned[:-1])}) <= 1


def test_what_was_chosen_stays_chosen_while_a_run_grows():
    before, after = thin(list(range(100)), 10), thin(list(range(103)), 10)
    assert before[:-1] == [index for index in after if index < 99]


def test_the_frames_show_the_snapshots_and_below_them_the_steps(run_dir):
    snapshots = find_snapshots(str(run_dir / "snapshots"))
    frames = list(draw_frames(snapshots))
    assert {frame.shape for frame in frames} == {(64 + film.STRIP, 96, 3)}
    assert [round(frame[:64].mean()) for frame in frames] == pytest.approx(
        [0, 50, 100, 150, 200], abs=2
    )
    assert len({frame[64:].tobytes() for frame in frames}) == 5  # each has its own number


def test_the_film_goes_from_the_first_snapshot_to_the_last(run_dir, capsys):
    assert main([str(run_dir)]) == 0
    assert capsys.readouterr().out == f"5 snapshots: {run_dir}/film.mp4, {run_dir}/film.gif\n"
    movie = frames_of(run_dir / "film.mp4")
    brightness = [float(frame[:60].mean()) for frame in movie]
    assert brightness[:5] == pytest.approx([0, 50, 100, 150, 200], abs=6)
    assert brightness[-1] == pytest.approx(200, abs=6)
    with Image.open(run_dir / "film.gif") as gif:
        assert gif.n_frames > 1
        assert gif.width == 96


def test_a_long_film_is_thinned(run_dir, monkeypatch):
    monkeypatch.setattr(film, "MOST_FRAMES", 3)
    monkeypatch.setattr(film, "LAST_FRAME_SECONDS", 0)
    make_film(find_snapshots(str(run_dir / "snapshots")), str(run_dir))
    assert len(frames_of(run_dir / "film.mp4")) == 3


def test_snapshots_of_another_size_are_fitted_in(run_dir):
    take_snapshot(run_dir, 600, 200, size=(128, 64))
    take_snapshot(run_dir, 700, 200, size=(30, 51))
    take_snapshot(run_dir, 800, 200, size=(2000, 2000))
    snapshots = find_snapshots(str(run_dir / "snapshots"))
    assert {frame.shape[1] for frame in draw_frames(snapshots)} == {film.WIDEST}


def test_grey_snapshots_make_a_film_too(run_dir):
    for path in (run_dir / "snapshots").glob("*.jpg"):
        with Image.open(path) as picture:
            grey = picture.convert("L")
        grey.save(path)
    assert main([str(run_dir), "--quiet"]) == 0
    assert (run_dir / "film.mp4").stat().st_size > 0


def test_a_film_that_is_stopped_leaves_the_one_before_it(run_dir):
    (run_dir / "film.mp4").write_bytes(b"before")
    answers = iter([True, False])
    with pytest.raises(FilmStoppedError):
        make_film(find_snapshots(str(run_dir / "snapshots")), str(run_dir), lambda: next(answers))
    assert (run_dir / "film.mp4").read_bytes() == b"before"
    assert sorted(path.name for path in run_dir.iterdir()) == ["film.mp4", "snapshots"]


def test_a_folder_without_a_snapshot_is_one_line(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}: no snapshot; a run that has taken one is needed.\n"
    )
    assert main([]) == 1
    assert capsys.readouterr().err == "RUN_DIR: no folders given; one is needed.\n"
