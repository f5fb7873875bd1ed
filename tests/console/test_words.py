import pytest

from catdcgan.console.words import counted, in_words, printable


def test_a_name_is_shown_on_one_line_whatever_it_holds():
    assert printable("katze ü.jpg") == "katze ü.jpg"
    assert printable("a\nb\x1b\udcff") == "a\\nb\\x1b\\udcff"


def test_a_count_has_its_noun():
    shown = [counted(count, "picture") for count in (0, 1, 4122)]
    assert shown == ["no pictures", "1 picture", "4,122 pictures"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (600, "10 min"),
        (3600, "1 h 0 min"),
        (3570, "1 h 0 min"),
        (12_345, "3 h 26 min"),
        (190_000, "2 d 4 h"),
    ],
)
def test_durations_are_shown_as_people_say_them(seconds, words):
    assert in_words(seconds) == words
