import pytest

from catdcgan import verify
from tests.checkpoints.test_files import damage, make


@pytest.fixture
def run_dir(tmp_path):
    for step in (1, 2):
        make(tmp_path, step, saved=1_800_000_000.0)
    return tmp_path


def test_sound_checkpoints_are_listed_with_size_and_time(run_dir, capsys):
    assert verify.main([str(run_dir)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["model.ckpt-00000001", "sound"],
        ["model.ckpt-00000002", "sound"],
    ]


@pytest.mark.parametrize(("step", "code"), [(1, 0), (2, 1)])
def test_damage_is_named_and_counts_where_it_is_the_newest(run_dir, capsys, step, code):
    name = f"model.ckpt-0000000{step}.data-00000-of-00001"
    damage(run_dir / name)
    assert verify.main([str(run_dir)]) == code
    assert f"DAMAGED     {name} has other content than was saved" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "RUN_DIR: no folders given; one is needed.\n"),
        (["a", "b"], "RUN_DIR: 2 folders given; one is needed.\n"),
        (["nowhere"], "nowhere: no checkpoint; a run that has saved one is needed.\n"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert verify.main(arguments) == 1
    assert capsys.readouterr().err == message
