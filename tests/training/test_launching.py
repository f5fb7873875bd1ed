"""Which flags are whose, what is refused, and whether the workers get a network of their own."""

import json

import pytest

from catdcgan.console.errors import UserError
from catdcgan.machine.arithmetic import Arithmetic
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.record import Pictures, begin_record, write_record
from catdcgan.settings.config import Config
from catdcgan.training import launching
from catdcgan.training.launching import launch, split_flags


@pytest.mark.parametrize(
    ("arguments", "own", "others"),
    [
        ("--preset tiny", "", "--preset tiny"),
        ("--workers 2 -- --preset tiny", "--workers 2", "--preset tiny"),
        ("--preset tiny --workers=2", "--workers=2", "--preset tiny"),
        ("--preset=tiny -workers 2 --quiet", "-workers 2", "--preset=tiny --quiet"),
        ("--Workers --preset tiny", "--Workers", "--preset tiny"),
        ("--no-isolation --workers 2", "--no-isolation --workers 2", ""),
        ("--noisolation --isolation=false", "--noisolation --isolation=false", ""),
        ("--workers_2 3", "", "--workers_2 3"),
    ],
)
def test_the_flags_of_launch_may_stand_anywhere(arguments, own, others):
    assert split_flags(arguments.split()) == (own.split(), others.split())


@pytest.fixture
def launched(tmp_path, monkeypatch):
    """Return a function that launches nothing, and tells whether the network was isolated."""
    monkeypatch.chdir(tmp_path)
    calls = []

    class Nothing:
        def __init__(self, *_, workers):
            self.workers = workers

        def run(self):
            return self.workers

    monkeypatch.setattr(launching, "Supervisor", Nothing)
    monkeypatch.setattr(launching, "isolate_network", lambda: calls.append("isolated"))

    def run(*flags, workers=2, **given):
        calls.clear()
        assert launch(".", {"workers": workers, **given}, flags) == workers
        return calls == ["isolated"]

    return run


def test_workers_get_a_network_of_their_own(launched):
    assert launched("--data_dir=pictures", "--run_dir=run")


def test_a_single_one_needs_none(launched):
    assert not launched(workers=1)


def test_nor_do_those_who_are_told_to_do_without(launched):
    assert not launched(isolation=False)


@pytest.mark.parametrize(
    "flag",
    [
        *("--data_dir=gs://b/cats", "--run_dir=gs://b/run", "--init_from=gs://b/model.ckpt"),
        *("--cache_dir=gs://b/cache", "--watch_preemption=gcp"),
    ],
)
def test_who_reads_a_store_or_asks_the_cloud_keeps_the_network(launched, flag):
    assert not launched(flag)


def test_so_does_a_run_that_has_begun_that_way(launched):
    arithmetic = Arithmetic(1, 1, True, "float32", "", "2.21")
    for cloud in (None, "gcp"):
        config = Config(watch_preemption=cloud)
        record = begin_record(config, Pictures("cats", 1, ""), arithmetic)
        write_record(RunDirectory("run"), record)
        assert launched("--run_dir=run") == (cloud is None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TF_CONFIG", json.dumps({"cluster": {"worker": ["a:1", "b:1"]}})),
        ("SLURM_STEP_NUM_TASKS", "4"),
    ],
)
def test_workers_of_workers_are_refused(launched, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"^--workers: 2, but TF_CONFIG or Slurm name several"):
        launched()
    launched(workers=1)


def test_fewer_gpus_than_workers_are_refused(launched, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    launched(workers=2)
    launched("--devices=cpu:1", workers=3)
    with pytest.raises(UserError, match=r"^--workers: 3 for 2 GPUs; a GPU for each is needed"):
        launched(workers=3)


@pytest.mark.parametrize("workers", [0, 65])
def test_a_number_of_workers_that_makes_no_sense_is_refused(launched, workers):
    with pytest.raises(UserError, match=rf"^--workers: {workers}; it needs to be at least 1"):
        launched(workers=workers)
