from catdcgan.console import progress
from catdcgan.console.progress import quietly, tell, track


def test_without_a_terminal_it_shows_plain_lines_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    assert capsys.readouterr().err == "reading: 1/3\nreading: 2/3\nreading: 3/3\n"


def test_what_is_done_soon_shows_nothing(capsys):
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_it_shows_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
    assert "reading" in capsys.readouterr().err


def test_quietly_it_shows_nothing_and_afterwards_it_does(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with quietly():
        assert list(track("abc", 3, "reading")) == ["a", "b", "c"]
        with quietly(False):  # of a part: it cannot speak up for the whole
            tell("nothing")
    assert capsys.readouterr() == ("", "")
    tell("something")
    assert capsys.readouterr().out == "something\n"
