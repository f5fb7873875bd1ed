import errno

import pytest

from catdcgan.storage import files
from catdcgan.storage.outbox import Outbox


class Disk:
    """Takes files, unless it is full."""

    def __init__(self):
        self.full = False
        self.written = []

    def write(self, path, data):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device", path)
        self.written.append((path, data))


@pytest.fixture
def disk(monkeypatch):
    disk = Disk()
    monkeypatch.setattr(files, "write_atomically", disk.write)
    return disk


def test_a_file_is_written_at_once_where_there_is_room(disk):
    Outbox(print).write("a", b"1")
    assert disk.written == [("a", b"1")]


def test_what_a_full_disk_refuses_is_written_later_in_its_order(disk):
    said = []
    outbox = Outbox(said.append)
    disk.full = True
    outbox.write("a", b"1")
    outbox.write("b", b"2")
    with pytest.raises(OSError, match="No space"):
        outbox.deliver()
    disk.full = False
    outbox.write("c", b"3")
    assert disk.written == [("a", b"1"), ("b", b"2"), ("c", b"3")]
    assert said == ["a: No space left on device; kept in memory until it can be written"]
