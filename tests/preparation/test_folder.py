import errno
import os
import tempfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from catdcgan.console.errors import UserError
from catdcgan.preparation import folder
from catdcgan.preparation.folder import look_into, publish


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "waiting").mkdir()
    return tmp_path / "out"


def picture(path, value):
    Image.new("RGB", (8, 8), (value, value, value)).save(path)
    return path.stem, zlib.crc32(path.read_bytes())


def publish_all(out, standing, kept):
    waiting = out.parent / "waiting"
    publish(out, standing, kept, lambda name: waiting / f"{name}.jpg", out.parent / "aside")


def test_what_lies_there_is_ours_by_its_checksum(out):
    made = {picture(out / "a.jpg", 1), picture(out / "b.jpg", 2), picture(out / "c.jpg", 3)}
    picture(out / "b.jpg", 200)
    (out / "c.jpg").write_bytes(b"")
    (out / ".DS_Store").touch()
    found = look_into(out, made)
    assert list(found.ours) == ["a"]
    assert (found.changed, found.damaged) == ({"b"}, {"c"})


def test_files_of_others_are_refused_by_name(out):
    assert not look_into(out.parent / "none", set()).seen
    picture(out / "a.jpg", 1)
    with pytest.raises(UserError, match=r"^--out: .*out holds a\.jpg, which was not prepared"):
        look_into(out, {("b", 1)})
    with pytest.raises(UserError, match=r"^--out: .*a\.jpg is a file; a folder is needed"):
        look_into(out / "a.jpg", set())


def test_a_folder_or_a_link_called_like_a_picture_is_no_picture(out):
    for make in (lambda path: path.mkdir(), lambda path: path.symlink_to("/etc/hosts")):
        make(out / "a.jpg")
        with pytest.raises(UserError, match=r"holds a\.jpg"):
            look_into(out, {("a", 1)})
        (out / "a.jpg").rmdir() if (out / "a.jpg").is_dir() else (out / "a.jpg").unlink()


def test_pictures_move_in_and_those_that_are_kept_no_more_go(out):
    made = {picture(out / "a.jpg", 1), picture(out / "b.jpg", 2)}
    new = picture(out.parent / "waiting" / "b.jpg", 100)
    other = picture(out.parent / "waiting" / "c.jpg", 101)
    publish_all(out, look_into(out, made), ["b", "c"])
    assert set(look_into(out, {new, other}).ours) == {"b", "c"}
    assert not list((out.parent / "waiting").iterdir())


def test_what_appears_in_the_last_moment_is_not_replaced(out, monkeypatch):
    picture(out.parent / "waiting" / "c.jpg", 101)
    standing = look_into(out, set())
    monkeypatch.setattr(folder, "_refuse_newcomers", lambda *_: (out / "c.jpg").write_text("mine"))
    with pytest.raises(UserError, match=r"c\.jpg, which was put there meanwhile"):
        publish_all(out, standing, ["c"])
    assert (out / "c.jpg").read_text() == "mine"


def test_what_changes_in_the_last_moment_is_not_removed(out, monkeypatch):
    standing = look_into(out, {picture(out / "a.jpg", 1)})
    monkeypatch.setattr(folder, "_refuse_newcomers", lambda *_: (out / "a.jpg").write_text("mine"))
    publish_all(out, standing, [])
    assert (out / "a.jpg").read_text() == "mine"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no second file system")
def test_pictures_move_to_another_file_system(out, tmp_path_factory):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        out.rmdir()
        out.symlink_to(elsewhere)
        new = picture(out.parent / "waiting" / "a.jpg", 100)
        publish_all(out, look_into(out, set()), ["a"])
        assert look_into(out, {new}).ours == dict([new])
        assert os.listdir(elsewhere) == ["a.jpg"]
        assert not list((out.parent / "waiting").iterdir())


def test_another_file_system_that_is_full_is_named_and_nothing_is_half_there(out, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def fill(source, target):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source, None, target)

    picture(out.parent / "waiting" / "a.jpg", 100)
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr("shutil.copyfile", fill)
    with pytest.raises(OSError, match=r"No space left .*out/a\.jpg"):
        publish_all(out, look_into(out, set()), ["a"])
    assert not list(out.iterdir())
    assert (out.parent / "waiting" / "a.jpg").exists()


def test_a_link_to_nothing_becomes_a_folder(out):
    out.rmdir()
    out.symlink_to(out.parent / "later" / "there")
    look_into(out, set())
    assert (out.parent / "later" / "there").is_dir()


def test_a_file_system_without_links_will_do(out, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    new = picture(out.parent / "waiting" / "a.jpg", 100)
    publish_all(out, look_into(out, set()), ["a"])
    assert look_into(out, {new}).ours == dict([new])
