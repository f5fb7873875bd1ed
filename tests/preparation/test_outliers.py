import pytest

from catdcgan.console.errors import UserError
from catdcgan.preparation.outliers import load_outliers, outlier_key


def test_the_customary_list_has_134_names_and_two_known_errors():
    outliers = load_outliers("customary")
    assert len(outliers) == 136
    assert "known error" in outliers["00000003_015"]
    assert "known error" in outliers["00000003_019"]
    assert outliers["00000004_007"] == "on the customary list of outliers"


def test_a_list_of_ones_own_has_a_name_a_line(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# not these\nCAT_00/a.jpg\n\n  b \nc.JPG.cat # upside down\n")
    assert sorted(load_outliers(str(path))) == ["a", "b", "c"]


def test_without_a_list_nothing_is_left_out():
    assert load_outliers(None) == {}


def test_a_missing_list_is_an_error():
    with pytest.raises(UserError, match=r"^--outliers: nowhere: No such file"):
        load_outliers("nowhere")


def test_a_list_that_is_no_text_is_an_error(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"no text in UTF-8"):
        load_outliers(str(tmp_path / "x"))


@pytest.mark.parametrize("name", ["a/b.jpg", "b.JPG.cat", "b", "x\\b.jpeg"])
def test_a_list_calls_a_picture_by_its_name_alone(name):
    assert outlier_key(name) == "b"


def test_a_list_without_end_is_refused():
    with pytest.raises(UserError, match=r"^--outliers: /dev/zero: over 16 MiB; "):
        load_outliers("/dev/zero")
