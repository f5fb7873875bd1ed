import os
import stat

import pytest

from catdcgan import files


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


def test_json_comes_back_and_what_others_wrote_is_none(tmp_path):
    files.write_json(tmp_path / "a.json", {"step": 1})
    (tmp_path / "b.json").write_text('{"step": 1}')
    assert files.read_json(tmp_path / "a.json") == {"step": 1}
    assert files.read_json(tmp_path / "b.json") is None
    assert files.read_json(tmp_path / "c.json") is None
