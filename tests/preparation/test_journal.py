import contextlib
import zlib

import pytest

from catdcgan.preparation.duplicates import SIGNATURE
from catdcgan.preparation.journal import Journal, Record

RECORD = Record(7, "picture", "", 123, "a")


@pytest.fixture
def open_journal(tmp_path):
    journals = []

    def open_one(settings="64"):
        journals.append(Journal(tmp_path, settings))
        return journals[-1]

    yield open_one
    for journal in journals:
        journal.close()


def test_what_was_noted_is_known_the_next_time(open_journal):
    signature = bytes(range(256)) + bytes(SIGNATURE - 256)
    open_journal().add("x/a.png", RECORD, signature)
    journal = open_journal()
    assert journal.records == {"x/a.png": RECORD}
    assert (journal.made, journal.stamped) == ({("a", 123)}, {("x/a.png", 7)})
    with contextlib.closing(journal.read_signatures(["w", "x/a.png", "z"])) as found:
        grey, colour = found.smalls([1])
        assert found.heads[1].tobytes() + grey.tobytes() + colour.tobytes() == signature
        assert not found.heads[[0, 2]].any()
        assert not any(small.any() for small in found.smalls([0, 2]))


def test_with_other_settings_nothing_is_known_but_the_names_of_pictures(open_journal):
    open_journal("64").add("a.png", RECORD, bytes(SIGNATURE))
    other = open_journal("128")
    assert other.records == {}
    assert (other.made, other.stamped) == ({("a", 123)}, {("a.png", 7)})
    assert open_journal("64").records == {"a.png": RECORD}


def test_a_line_that_was_cut_short_does_not_count(open_journal, tmp_path):
    first = open_journal()
    first.add("a.png", RECORD, bytes(SIGNATURE))
    first.add("b.png", RECORD, bytes(SIGNATURE))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    second = open_journal()
    assert list(second.records) == ["a.png"]
    second.add("c.png", RECORD, bytes(SIGNATURE))
    assert list(open_journal().records) == ["a.png", "c.png"]


def test_what_could_not_be_read_is_tried_again_the_next_time(open_journal):
    journal = open_journal()
    journal.hold("a.png", Record(1, "unreadable", "no"))
    assert journal.records["a.png"].reason == "no"
    assert open_journal().records == {}


def test_a_picture_waits_when_its_file_is_whole(open_journal):
    journal = open_journal()
    journal.waiting("a").write_bytes(b"whole")
    assert journal.is_waiting("a", zlib.crc32(b"whole"))
    journal.waiting("a").write_bytes(b"whol")
    assert not journal.is_waiting("a", zlib.crc32(b"whole"))
    assert not journal.is_waiting("b", 0)


@pytest.mark.parametrize(
    "line", ["1", "[]", "{}", '{"name": 1}', '{"name": "a.png", "signature": "AAAA"}']
)
def test_a_damaged_line_does_not_count(open_journal, tmp_path, line):
    open_journal().add("a.png", RECORD, bytes(SIGNATURE))
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write(f"\n{line}")
    assert list(open_journal().records) == ["a.png"]


def test_a_disk_that_takes_a_part_of_a_line_gets_the_rest(open_journal, tmp_path, monkeypatch):
    journal = open_journal()
    write = journal._file.write

    class Slow:
        close = journal._file.close

        def write(self, data):
            return write(data[:100])

    monkeypatch.setattr(journal, "_file", Slow())
    journal.add("a.png", RECORD, bytes(SIGNATURE))
    assert list(open_journal().records) == ["a.png"]


def test_signatures_of_nothing_are_no_rows(open_journal):
    with contextlib.closing(open_journal().read_signatures([])) as found:
        assert len(found) == 0
