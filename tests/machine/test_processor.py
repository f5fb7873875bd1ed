from catdcgan.machine import processor


def test_caches_are_named_with_their_sizes(tmp_path, monkeypatch):
    for index, (level, kind, size) in enumerate(
        [(1, "Data", "48K"), (1, "Instruction", "32K"), (2, "Unified", "1024K")]
    ):
        cache = tmp_path / f"index{index}"
        cache.mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (cache / name).write_text(f"{value}\n")
    monkeypatch.setattr(processor, "_CACHES", tmp_path)
    assert processor.cache_sizes() == "L1d 48K, L2 1024K"


def test_where_the_system_tells_of_no_caches_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "_CACHES", tmp_path / "missing")
    assert processor.cache_sizes() == ""
