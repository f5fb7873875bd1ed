import errno
import fcntl
import os

import pytest

from catdcgan.storage.locking import HeldError, NoLocksError, hold


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


@pytest.fixture(params=["ENOSYS", "ENOLCK", "EOPNOTSUPP", "EINVAL"])
def disk_without_locks(request, monkeypatch):
    def refuse(file, operation):
        number = getattr(errno, request.param)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_where_there_are_no_locks_work_that_can_do_without_them_is_done(
    tmp_path, disk_without_locks
):
    with hold(tmp_path / "lock", needed=False):
        (tmp_path / "done").touch()
    assert (tmp_path / "done").exists()


def test_where_there_are_no_locks_work_that_needs_them_is_not_begun(tmp_path, disk_without_locks):
    with pytest.raises(NoLocksError, match=r"lock'$"), hold(tmp_path / "lock"):
        pass


def test_another_failure_names_the_file_and_is_not_taken_for_a_disk_without_locks(
    tmp_path, monkeypatch
):
    def fail(file, operation):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match=r"lock'$") as error_info, hold(tmp_path / "lock"):
        pass
    assert not isinstance(error_info.value, NoLocksError)
