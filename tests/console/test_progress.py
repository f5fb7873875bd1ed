import threading

import pytest

from catdcgan.console import progress
from catdcgan.console.progress import speaking, tell, track


@pytest.fixture
def spoken():
    """Let the program speak, as its commands do."""
    with speaking():
        yield


def test_without_a_terminal_it_shows_plain_lines_now_and_then(capsys, monkeypatch, spoken):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    assert capsys.readouterr().err == "reading: 1/3\nreading: 2/3\nreading: 3/3\n"


def test_what_is_done_soon_shows_nothing(capsys, spoken):
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_it_shows_a_bar(capsys, monkeypatch, spoken):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    assert "reading" in capsys.readouterr().err


def test_quietly_it_shows_nothing_and_afterwards_it_does(capsys, monkeypatch, spoken):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with speaking(False):
        assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
        tell("nothing")
    assert capsys.readouterr() == ("", "")
    tell("something")
    assert capsys.readouterr().out == "something\n"


def test_whoever_calls_it_from_a_program_is_left_in_peace(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    tell("nothing")
    assert capsys.readouterr() == ("", "")


def test_another_thread_does_not_speak_because_one_does(capsys, spoken):
    thread = threading.Thread(target=tell, args=["nothing"])
    thread.start()
    thread.join()
    assert capsys.readouterr() == ("", "")
