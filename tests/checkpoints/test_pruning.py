from catdcgan.checkpoints.files import find_all, find_best
from catdcgan.checkpoints.pruning import prune
from catdcgan.storage import checked_json, files
from tests.checkpoints.test_files import a_record, make, steps


def test_pruning_keeps_the_newest_and_touches_nothing_but_whole_checkpoints(tmp_path):
    for step in (1, 2, 3):
        make(tmp_path, step)
    others = (
        *("model.ckpt-00000004.data-00000-of-00001.tempstate12", "checkpoint.tmp0a"),
        *("thesis.tmp", ".run.json.x1.tmp", "model.ckpt-00000000.index", "reals.jpg"),
    )
    for name in others:
        (tmp_path / name).write_text("not to be cleared")
    prune(str(tmp_path), 2)
    assert steps(tmp_path) == [2, 3]
    assert len(list(tmp_path.iterdir())) == 2 * 3 + len(others)


def test_a_checkpoint_of_another_run_is_not_pruned(tmp_path):
    checked_json.write(tmp_path / "run.json", a_record(id="1"))
    make(tmp_path, 1, record=a_record(id="2"))
    for step in (2, 3):
        make(tmp_path, step, record=a_record(id="1"))
    prune(str(tmp_path), 1)
    assert {path.name[:19] for path in tmp_path.glob("model*")} == {
        "model.ckpt-00000001",
        "model.ckpt-00000003",
    }


def test_what_cannot_be_pruned_is_said_and_stays(tmp_path, monkeypatch):
    for step in (1, 2):
        make(tmp_path, step)

    def refuse(path):
        raise PermissionError(1, "Operation not permitted", path)

    monkeypatch.setattr(files, "remove", refuse)
    said = []
    prune(str(tmp_path), 1, say=said.append)
    assert "cannot be removed (Operation not permitted); it stays" in said[0]


def test_pruning_keeps_one_checkpoint_of_every_so_many_hours(tmp_path):
    for step in range(1, 9):
        make(tmp_path, step, saved=step * 1800.0)  # half an hour apart
    prune(str(tmp_path), 1, keep_every_hours=1.0)
    assert steps(tmp_path) == [1, 3, 5, 7, 8]


def test_the_best_that_was_measured_is_kept_however_old(tmp_path):
    for step, figure in ((1, 30.0), (2, 20.0), (3, 25.0)):
        make(tmp_path, step, figures={"swd": figure})
    make(tmp_path, 4)
    make(tmp_path, 5)
    assert find_best(find_all(str(tmp_path))).step == 2
    prune(str(tmp_path), 1)
    assert steps(tmp_path) == [2, 5]
