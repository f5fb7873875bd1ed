import hashlib
import os
import stat

import pytest

from catdcgan.console.errors import UserError
from catdcgan.storage import files


def test_a_file_is_written_whole_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b.bin"
    files.write_atomically(path, b"new")
    files.write_atomically(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert os.listdir(path.parent) == ["b.bin"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    files.write_atomically(path, b"old")

    def fail(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_file_can_be_read_by_whom_the_umask_allows(tmp_path):
    previous = os.umask(0o022)
    try:
        files.write_atomically(tmp_path / "a", b"")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


@pytest.fixture(params=["local", "ram://files"])
def folder(request, tmp_path):
    """Return a folder on a disk, and one in a store."""
    if request.param == "local":
        return str(tmp_path / "folder")
    return f"{request.param}/{tmp_path.name}"


def test_a_file_is_the_same_on_a_disk_and_in_a_store(folder):
    path = files.join(folder, "a.bin")
    assert files.split(path) == (folder, "a.bin")
    assert not files.exists(path)
    assert files.read_bytes(path) is None
    assert files.list_names(folder) == []
    files.write_atomically(path, b"hello")
    files.write_atomically(path, b"hello again")
    assert files.exists(path)
    assert files.is_folder(folder)
    assert not files.is_folder(path)
    assert files.list_names(folder) == ["a.bin"]
    assert files.size_of(path) == 11
    assert files.read_bytes(path) == b"hello again"
    assert files.sha256_of(path) == hashlib.sha256(b"hello again").hexdigest()
    files.flush_to_disk(path)
    files.remove(path)
    files.remove(path)
    assert files.list_names(folder) == []


def test_only_what_a_dead_process_left_half_written_is_abandoned(tmp_path, monkeypatch):
    alive = {7}
    monkeypatch.setattr(files, "is_alive", alive.__contains__)
    here = files.platform.node()
    kept = [f".run.json.{here}.7.abcdefgh.tmp", ".run.json.elsewhere.8.abcdefgh.tmp", "thesis.tmp"]
    gone = [f".run.json.{here}.{process}.abcdefgh.tmp" for process in (8, os.getpid())]
    for name in kept + gone:
        (tmp_path / name).touch()
    files.remove_abandoned(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(kept)


def test_what_is_being_written_tells_whose_it_is(tmp_path, monkeypatch):
    def fail(*_):
        (name,) = os.listdir(tmp_path)
        assert files.TEMPORARY.fullmatch(name)["process"] == str(os.getpid())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(tmp_path / "run.json", b"")


def test_an_unknown_scheme_is_refused_with_the_ways_round():
    with pytest.raises(UserError, match=r"--run_dir: s3://cats/run: .*no file system for s3://"):
        files.refuse_unknown_scheme("s3://cats/run", "--run_dir")
