from catdcgan.storage import checked_json


def test_json_comes_back_and_what_others_wrote_is_none(tmp_path):
    checked_json.write(tmp_path / "a.json", {"step": 1})
    (tmp_path / "b.json").write_text('{"step": 1}')
    assert checked_json.read(tmp_path / "a.json") == {"step": 1}
    assert checked_json.read(tmp_path / "b.json") is None
    assert checked_json.read(tmp_path / "c.json") is None


def test_json_with_a_changed_byte_is_none(tmp_path):
    path = tmp_path / "a.json"
    checked_json.write(path, {"step": 1})
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    assert checked_json.read(path) is None
