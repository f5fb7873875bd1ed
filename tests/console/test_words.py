from catdcgan.console.words import counted, printable


def test_a_name_is_shown_on_one_line_whatever_it_holds():
    assert printable("katze ü.jpg") == "katze ü.jpg"
    assert printable("a\nb\x1b\udcff") == "a\\nb\\x1b\\udcff"


def test_a_count_has_its_noun():
    shown = [counted(count, "picture") for count in (0, 1, 4122)]
    assert shown == ["no pictures", "1 picture", "4,122 pictures"]
