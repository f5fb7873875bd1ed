import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catdcgan import prepare
from catdcgan.console import exits
from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.pictures.formats import MissingDecoderError
from catdcgan.preparation import making
from catdcgan.preparation import report as report_module
from catdcgan.preparation.journal import Journal

# On a drawn cat of 96 pixels: eyes at 34 and 62, 43 pixels down; outer ear bases 70 pixels apart.
ANNOTATION = "9 34 43 62 43 48 62 13 30 20 8 35 22 61 22 76 8 83 30 "


def encoded(pixels, file_format="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photos():
    """Write 6 drawn cats, two copies and some odd files into the folder photos."""
    folder = Path("photos")
    (folder / "deep").mkdir(parents=True)
    for index in range(6):
        (folder / f"cat{index}.png").write_bytes(encoded(draw_cat(index, 64)))
    (folder / "deep" / "cat0.png").write_bytes(encoded(draw_cat(0, 64)))
    (folder / "deep" / "saved.jpg").write_bytes(encoded(draw_cat(1, 64), "JPEG", quality=70))
    (folder / "tiny.png").write_bytes(encoded(draw_cat(9, 16)))
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").write_text("cats")
    return folder


def run(*arguments, sources=("photos",), out="out/cats"):
    return prepare.main([*sources, f"--out={out}", "--image_size=32", *arguments])


def report(out="out/cats"):
    return json.loads(Path(f"{out}.report", "report.json").read_text())


def fates(out="out/cats"):
    return {entry["name"]: entry["outcome"] for entry in report(out)["files"]}


def reasons(out="out/cats"):
    return {entry["name"]: entry.get("reason") for entry in report(out)["files"]}


def content(folder):
    """Return the bytes of everything below a folder and its report."""
    return {
        path.relative_to(root.parent).as_posix().replace(root.name, "X", 1): path.read_bytes()
        for root in (Path(folder), Path(f"{folder}.report"))
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_pictures_of_a_size_come_out_and_everything_left_out_is_named(photos, capsys):
    assert run("--min_size=20") == 0
    assert fates() == {
        **{f"photos/cat{index}.png": "kept" for index in range(6)},
        "photos/deep/cat0.png": "duplicate",
        "photos/deep/saved.jpg": "duplicate",
        "photos/empty.jpg": "unreadable",
        "photos/notes.txt": "other",
        "photos/tiny.png": "too small",
    }
    assert reasons()["photos/deep/cat0.png"] == "the same picture as photos/cat0.png"
    assert reasons()["photos/deep/saved.jpg"] == "nearly the same picture as photos/cat1.png"
    assert reasons()["photos/empty.jpg"] == "the file is empty"
    assert report()["counts"]["kept"] == 6
    names = sorted(path.name for path in Path("out/cats").iterdir())
    assert len(names) == 6
    assert names[1:] == [f"cat{index}.jpg" for index in range(1, 6)]
    for path in Path("out/cats").iterdir():
        with Image.open(path) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", (32, 32), "RGB")
    assert "kept            6\n" in capsys.readouterr().out


def test_the_summary_can_be_read_and_the_sheet_seen(photos):
    run()
    summary = Path("out/cats.report/summary.txt").read_text()
    assert "kept            7\n" in summary
    assert "unreadable      photos/empty.jpg: the file is empty\n" in summary
    with Image.open("out/cats.report/contact_sheet.jpg") as sheet:
        assert sheet.size == (7 * 32, 32)


def test_near_duplicates_can_be_kept(photos):
    run("--nonear_duplicates")
    assert fates()["photos/deep/saved.jpg"] == "kept"
    assert fates()["photos/deep/cat0.png"] == "duplicate"


def test_folders_zips_and_tars_give_the_same_pictures(photos):
    with zipfile.ZipFile("photos.zip", "w") as archive:
        for path in sorted(photos.rglob("*.*")):
            archive.write(path, path.relative_to(photos))
    with tarfile.open("photos.tar.gz", "w:gz") as archive:
        for path in sorted(photos.iterdir()):
            archive.add(path, path.name)
    run(out="a")
    run(sources=["photos.zip"], out="b")
    run(sources=["photos.tar.gz"], out="c")
    pictures = {path.read_bytes() for path in Path("a").iterdir()}
    assert {path.read_bytes() for path in Path("b").iterdir()} == pictures
    assert {path.read_bytes() for path in Path("c").iterdir()} == pictures
    assert len(pictures) == 7


def test_several_sources_go_into_one_set_and_names_do_not_collide(photos):
    Path("more").mkdir()
    Path("more", "cat3.png").write_bytes(encoded(draw_cat(30, 64)))
    run(sources=["photos", "more"])
    names = [path.name for path in Path("out/cats").iterdir()]
    assert len(names) == 8
    assert sum(name.startswith("cat3-") for name in names) == 2


def test_faces_with_landmarks_are_cut_out_and_others_at_their_centre(photos):
    folder = Path("CAT_00")
    folder.mkdir()
    for index in (20, 21, 22, 23):
        (folder / f"{index}.jpg").write_bytes(encoded(draw_cat(index, 96), "JPEG"))
    (folder / "20.jpg.cat").write_text(ANNOTATION)
    (folder / "21.jpg.cat").write_text("9 1 2 3")
    (folder / "22.jpg.cat").write_text(ANNOTATION.replace("62 43", "34 43", 1))
    (folder / "29.jpg.cat").write_text(ANNOTATION)
    run(sources=["CAT_00", "photos"])
    assert {name: fate for name, fate in fates().items() if name.startswith("CAT")} == {
        "CAT_00/20.jpg": "kept",
        "CAT_00/21.jpg": "bad annotation",
        "CAT_00/22.jpg": "bad annotation",
        "CAT_00/23.jpg": "bad annotation",
        "CAT_00/29.jpg.cat": "bad annotation",
    }
    assert "both eyes are at the same point" in reasons()["CAT_00/22.jpg"]
    assert fates()["photos/cat2.png"] == "kept"
    with Image.open("CAT_00/20.jpg") as photo:
        box = (48.5 - 35, 43.5 - 28, 48.5 + 35, 43.5 + 42)
        expected = np.asarray(photo.resize((32, 32), box=box, resample=Image.Resampling.LANCZOS))
    with Image.open("out/cats/20.jpg") as image:
        assert np.abs(np.asarray(image).astype(int) - expected).mean() < 6


def test_the_size_that_is_asked_for_is_the_faces(photos):
    Path("CAT_00").mkdir()
    Path("CAT_00/20.jpg").write_bytes(encoded(draw_cat(20, 96), "JPEG"))
    Path("CAT_00/20.jpg.cat").write_text(ANNOTATION)
    run("--min_size=70", sources=["CAT_00"], out="a")
    run("--min_size=71", sources=["CAT_00"], out="b")
    assert fates("a") == {"CAT_00/20.jpg": "kept"}
    assert fates("b") == {"CAT_00/20.jpg": "too small"}
    assert not Path("b.report/contact_sheet.jpg").exists()


def test_landmarks_refer_to_the_pixels_as_they_lie_in_the_file():
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, options in (("plain", {}), ("turned", {"exif": exif})):
        Path(name).mkdir()
        Path(name, "20.jpg").write_bytes(encoded(draw_cat(20, 96), "JPEG", **options))
        Path(name, "20.jpg.cat").write_text(ANNOTATION)
        run(sources=[name], out=f"out/{name}")
    assert Path("out/plain/20.jpg").read_bytes() == Path("out/turned/20.jpg").read_bytes()


def test_outliers_are_left_out_with_the_reason(photos):
    Path("list.txt").write_text("cat3\n")
    run("--outliers=list.txt")
    assert fates()["photos/cat3.png"] == "outlier"
    assert not Path("out/cats/cat3.jpg").exists()


def test_two_runs_give_the_same_bytes_wherever_they_are(photos):
    run(out="a")
    Path("elsewhere").mkdir()
    os.rename("photos", "elsewhere/photos")
    run(sources=["elsewhere/photos"], out="b")
    assert content("a") == content("b")
    assert len(content("a")) == 7 + 3


def test_running_again_changes_nothing_and_decodes_nothing(photos, monkeypatch):
    run()
    first = content("out/cats")
    monkeypatch.setattr("catdcgan.preparation.making.prepare_picture", None)
    assert run() == 0
    assert content("out/cats") == first


def test_a_picture_that_was_deleted_by_hand_stays_away_until_it_is_asked_for(photos, capsys):
    run()
    first = content("out/cats")
    Path("out/cats/cat2.jpg").unlink()
    run()
    assert "1 picture deleted by hand stays away; --bring_back" in capsys.readouterr().out
    for lost in ("out/.catdcgan-cache", "out/cats.report", None):
        assert not Path("out/cats/cat2.jpg").exists()
        assert fates()["photos/cat2.png"] == "removed"
        if lost:
            shutil.rmtree(lost)
        os.utime(photos / "cat2.png", (1, 1))
        run()
    run("--bring_back")
    assert content("out/cats") == first


def test_a_copy_of_a_picture_that_was_deleted_by_hand_does_not_take_its_place(photos):
    run()
    Path("out/cats/cat1.jpg").unlink()
    run()
    assert fates()["photos/deep/saved.jpg"] == "duplicate"
    shutil.copy(photos / "cat1.png", photos / "a.png")
    run()
    assert reasons()["photos/a.png"].startswith("the same picture as photos/cat1.png, deleted")
    assert not {"a.jpg", "saved.jpg", "cat1.jpg"} & set(os.listdir("out/cats"))


def test_one_who_deletes_all_pictures_begins_anew(photos):
    run()
    first = content("out/cats")
    for path in Path("out/cats").iterdir():
        path.unlink()
    run()
    assert content("out/cats") == first


def test_a_picture_that_was_changed_by_hand_stays_and_a_damaged_one_is_set_aside(photos, capsys):
    run()
    whole = Path("out/cats/cat3.jpg").read_bytes()
    mine = encoded(draw_cat(50, 40), "JPEG")
    Path("out/cats/cat2.jpg").write_bytes(mine)
    Path("out/cats/cat3.jpg").write_bytes(b"torn")
    run()
    assert Path("out/cats/cat2.jpg").read_bytes() == mine
    assert Path("out/cats/cat3.jpg").read_bytes() == whole
    assert Path("out/cats.report/set-aside/cat3.jpg").read_bytes() == b"torn"
    shown = capsys.readouterr().out
    assert "1 picture changed by hand, left as found (the first: cat2.jpg)\n" in shown
    assert "1 damaged picture moved to " in shown
    assert "changed by hand photos/cat2.png\n" in Path("out/cats.report/summary.txt").read_text()


def write_sources(*names):
    for number, name in enumerate(names):
        Path(name).mkdir(parents=True)
        for index in range(2):
            pixels = draw_cat(60 + 2 * number + index, 64)
            Path(name, f"{index}.png").write_bytes(encoded(pixels))


@pytest.mark.parametrize("lost", [None, "out/.catdcgan-cache", "out/cats.report"])
@pytest.mark.parametrize("others", [("b/x",), ("a/y",), ("b/x", "a/y")])
def test_pictures_of_a_source_that_is_left_out_are_never_deleted(lost, others, capsys):
    write_sources("a/x", "b/x", "a/y")
    run(sources=["a/x"])
    before = content("out/cats") if lost is None else sorted(os.listdir("out/cats"))
    if lost:
        shutil.rmtree(lost)
    assert run(sources=others) == 1
    shown = capsys.readouterr().err
    assert " out/cats holds " in shown.replace(os.getcwd() + "/", "")
    assert shown.count("\n") == 1
    assert (content("out/cats") if lost is None else sorted(os.listdir("out/cats"))) == before
    assert run(sources=["a/x"]) == 0
    assert len(os.listdir("out/cats")) == 2


def test_a_source_is_known_in_another_order_or_spelling_and_others_may_join_it():
    write_sources("a/x", "b/x")
    assert run(sources=["a/x"]) == 0
    assert run(sources=["b/x", "a/../a/x/"]) == 0
    first = content("out/cats")
    os.symlink("a", "link")
    assert run(sources=["link/x", "b/x"]) == 0
    assert content("out/cats") == first
    assert len(os.listdir("out/cats")) == 4


def test_a_source_may_move_and_change_but_not_become_empty(capsys):
    write_sources("a/x")
    run(sources=["a/x"])
    os.rename("a", "b")
    assert run(sources=["b/x"]) == 0
    Path("b/x/0.png").unlink()
    assert run(sources=["b/x"]) == 0
    assert os.listdir("out/cats") == ["1.jpg"]
    Path("b/x/1.png").unlink()
    assert run(sources=["b/x"]) == 1
    assert "b/x, which is empty now; " in capsys.readouterr().err
    assert os.listdir("out/cats") == ["1.jpg"]


def test_when_the_kept_one_of_two_copies_goes_the_other_is_kept(photos):
    run()
    (photos / "cat1.png").unlink()
    run()
    assert fates()["photos/deep/saved.jpg"] == "kept"
    assert Path("out/cats/saved.jpg").exists()
    assert not Path("out/cats/cat1.jpg").exists()


def test_other_settings_make_a_new_set(photos):
    run()
    prepare.main(["photos", "--out=out/cats", "--image_size=48"])
    with Image.open("out/cats/cat2.jpg") as image:
        assert image.size == (48, 48)


def test_a_stopped_preparation_goes_on_to_the_same_bytes(photos, monkeypatch):
    run(out="whole")
    done = []

    def stop_after_three(*arguments):
        done.append(1)
        if len(done) > 3:
            raise KeyboardInterrupt
        return original(*arguments)

    original = making.prepare_picture
    with monkeypatch.context() as patch:
        patch.setattr("catdcgan.preparation.making.prepare_picture", stop_after_three)
        assert run(out="stopped") == exits.EXIT_STOPPED
    assert not Path("stopped").exists()
    assert run(out="stopped") == 0
    assert content("stopped") == content("whole")


def test_a_killed_preparation_goes_on_to_the_same_bytes():
    Path("many").mkdir()
    for index in range(150):
        pixels = np.random.default_rng(index).integers(0, 256, (5, 5, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((256, 256), Image.Resampling.BICUBIC)
        image.save(f"many/{index:03}.jpg")
    run(sources=["many"], out="whole")
    command = [sys.executable, "-m", "catdcgan.prepare", "many", "--out=killed", "--image_size=32"]
    process = subprocess.Popen(command)
    journal = Path(".catdcgan-cache/prepare-killed/journal.jsonl")
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > 10_000):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not Path("killed.report").exists()
    assert run(sources=["many"], out="killed") == 0
    assert content("killed") == content("whole")
    assert len(content("killed")) == 150 + 3


def test_what_others_put_into_the_folder_is_never_touched(photos, capsys):
    Path("out/cats").mkdir(parents=True)
    Path("out/cats/cat1.jpg").write_text("mine")
    assert run() == 1
    assert "out/cats holds cat1.jpg, which was not prepared" in capsys.readouterr().err
    assert Path("out/cats/cat1.jpg").read_text() == "mine"


@pytest.mark.parametrize("name", ["mine.txt", "cat1.jpg"])
def test_what_others_put_into_the_folder_meanwhile_is_never_touched(
    photos, capsys, monkeypatch, name
):
    def put_in(*arguments):
        Path("out/cats").mkdir(parents=True, exist_ok=True)
        Path("out/cats", name).write_text("mine")
        return original(*arguments)

    original = making.prepare_picture
    with monkeypatch.context() as patch:
        patch.setattr("catdcgan.preparation.making.prepare_picture", put_in)
        assert run() == 1
    assert f"out/cats holds {name}, which was put there meanwhile" in capsys.readouterr().err
    assert Path("out/cats", name).read_text() == "mine"
    assert os.listdir("out/cats") == [name]
    Path("out/cats", name).unlink()
    assert run() == 0
    assert len(os.listdir("out/cats")) == 7


@pytest.mark.parametrize("failing", ["journal", "picture", "report"])
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(photos, capsys, monkeypatch, failing):
    def fail(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    place = {
        "journal": (Journal, "add"),
        "picture": (Path, "write_bytes"),
        "report": (report_module, "_write_summary"),
    }
    run(out="whole")
    with monkeypatch.context() as patch:
        patch.setattr(*place[failing], fail)
        assert run() == 1
    shown = capsys.readouterr().err
    assert "out" in shown
    assert ": No space left on device; room, and the right" in shown
    assert shown.count("\n") == 1
    assert not list(Path("out").rglob("*.part"))
    assert run() == 0
    assert content("out/cats") == content("whole")


def test_the_folder_may_lie_in_a_source_and_is_none_itself(photos):
    run(sources=["photos"], out="photos/prepared")
    first = content("photos/prepared")
    run(sources=["photos"], out="photos/prepared")
    assert content("photos/prepared") == first
    assert run(sources=["photos"], out="photos") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "SOURCE: none given; a folder, a zip or a tar of pictures is needed."),
        (["photos"], "--out: nothing given; a folder for the pictures is needed."),
        (["nowhere", "--out=x"], "nowhere: not found; a folder, a zip or a tar is needed."),
        (["photos", "--out=x", "--image_size=7"], "--image_size: 7; it needs to be at least 8"),
        (["photos", "--out=x", "--outliers=no"], "--outliers: no: No such file or directory;"),
        (["--check=photos", "photos"], "--check: given beside photos; one of the two is needed."),
        (["--check=nowhere"], "--check: nowhere: not found;"),
    ],
)
def test_a_mistake_is_one_line(photos, capsys, arguments, message):
    assert prepare.main(arguments) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(message)
    assert shown.count("\n") == 1


def test_a_set_is_described_without_writing(photos, capsys):
    before = sorted(Path().rglob("*"))
    assert prepare.main(["--check", "photos"]) == 0
    shown = capsys.readouterr().out
    assert sorted(Path().rglob("*")) == before
    assert "photos: 9 pictures\n" in shown
    assert "formats     PNG 8, JPEG 1\n" in shown
    assert "sizes       shorter sides from 16 to 64 pixels, 64 in the middle; 9 square\n" in shown
    assert "duplicates  1 exact, 1 near\n" in shown
    assert "  deep/cat0.png: the same picture as cat0.png\n" in shown
    assert "skipped     1\n  empty.jpg: the file is empty\n" in shown
    assert "batch       not enough for a batch of 64 (--batch_size)\n" in shown
    assert "advice      Fewer pictures than a batch: " in shown


def test_arrays_are_described_too(capsys):
    Path("cifar").mkdir()
    Path("cifar/data_batch_1.bin").write_bytes(bytes(100 * 3073))
    assert prepare.main(["--check=cifar"]) == 0
    shown = capsys.readouterr().out
    assert "cifar: 100 pictures of CIFAR-10, for training\n" in shown
    assert "batch       enough for a batch of 64" in shown


def test_a_folder_without_pictures_is_an_error(capsys):
    Path("none").mkdir()
    Path("none/notes.txt").touch()
    assert prepare.main(["--check=none"]) == 1
    assert (
        "--check: none: no pictures, 0 files that cannot be read, 1 of" in capsys.readouterr().err
    )


def test_quietly_it_prepares_and_shows_nothing(photos, capsys):
    assert prepare.main(["photos", "--out=out", "--image_size=32", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert list(Path("out").iterdir())


def test_pictures_on_which_nothing_can_be_seen_are_kept_and_told(photos, capsys):
    (photos / "dark.png").write_bytes(encoded(draw_cat(40, 64) // 16))
    run()
    assert "\n1 picture is nearly black (photos/dark.png)\n" in capsys.readouterr().out
    assert fates()["photos/dark.png"] == "kept"
    assert "nearly black    photos/dark.png\n" in Path("out/cats.report/summary.txt").read_text()
    assert prepare.main(["--check=photos"]) == 0
    shown = capsys.readouterr().out
    assert "tones       nearly black 1\n  dark.png: nearly black\n" in shown


def test_what_lacks_a_decoder_is_tried_again(photos, capsys, monkeypatch):
    (photos / "phone.heic").write_bytes(encoded(draw_cat(40, 64)))
    with monkeypatch.context() as patch:
        patch.setattr("catdcgan.pictures.decoding.formats_of", missing)
        run()
    assert reasons()["photos/phone.heic"] == "install something"
    run()
    assert fates()["photos/phone.heic"] == "kept"


def missing(data):
    raise MissingDecoderError("install something")
