import fcntl

import pytest

from catdcgan.storage.locking import HeldError, hold


def test_a_second_holder_is_refused_and_told_what_the_first_has_written(tmp_path):
    with hold(tmp_path / "lock") as file:
        file.write(b"me")
        with pytest.raises(HeldError) as error_info, hold(tmp_path / "lock"):
            pass
    assert error_info.value.content == b"me"


def test_a_lock_is_free_again_when_its_block_has_ended(tmp_path):
    with pytest.raises(RuntimeError), hold(tmp_path / "lock"):
        raise RuntimeError
    with hold(tmp_path / "lock"):
        pass


@pytest.fixture
def disk_without_locks(monkeypatch):
    def refuse(file, operation):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_where_there_are_no_locks_work_that_can_do_without_them_is_done(
    tmp_path, disk_without_locks
):
    with hold(tmp_path / "lock", needed=False):
        (tmp_path / "done").touch()
    assert (tmp_path / "done").exists()


def test_where_there_are_no_locks_work_that_needs_them_is_not_begun(tmp_path, disk_without_locks):
    with pytest.raises(OSError, match="not supported"), hold(tmp_path / "lock"):
        pass
