import pytest

from catdcgan.preparation.names import output_names


def test_a_picture_is_called_like_its_file():
    names = ["CAT_00/00000001_008.jpg", "photos/Мурка 1.PNG", "x.y.webp"]
    assert output_names(names) == ["00000001_008", "Мурка_1", "x.y"]


def test_files_of_one_name_get_marks_of_their_own():
    names = ["a/1.jpg", "b/1.png", "b/2.jpg"]
    first, second, third = output_names(names)
    assert first.startswith("1-")
    assert second.startswith("1-")
    assert len({first, second}) == 2
    assert third == "2"
    assert output_names(names[::-1])[::-1] == [first, second, third]


def test_names_that_differ_in_capitals_alone_get_marks():
    assert len({name.lower() for name in output_names(["a/Cat.jpg", "b/cat.jpg"])}) == 2


@pytest.mark.parametrize(
    "name",
    ["a/\n.jpg", "a/\udcff.jpg", "a/.jpg", "a/-rf.jpg", "a/CON.jpg", "a/x:y*z"],
)
def test_awkward_names_become_tame_ones(name):
    (tame,) = output_names([name])
    assert tame.encode("utf-8")
    assert not set(tame) & set('\n/\\:*?"<>|')
    assert not tame.startswith((".", "-"))
    assert tame.lower() not in ("", "con")


def test_a_long_name_is_cut():
    assert len(output_names(["a/" + 300 * "x" + ".jpg"])[0]) == 120
