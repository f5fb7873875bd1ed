from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.set_aside import set_aside


def test_files_keep_their_folders_and_nothing_is_written_over(tmp_path):
    run = RunDirectory(str(tmp_path))
    folders = set()
    for content in ("first", "second"):
        (tmp_path / "snapshots").mkdir(exist_ok=True)
        path = tmp_path / "snapshots/00000001.jpg"
        path.write_text(content)
        folders.add(set_aside(run, [str(path)]))
    assert len(folders) == 2
    kept = {path.read_text() for path in tmp_path.glob("set-aside/*/snapshots/00000001.jpg")}
    assert kept == {"first", "second"}
