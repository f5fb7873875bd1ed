import dataclasses

import pytest

from catdcgan.console.errors import UserError
from catdcgan.machine.arithmetic import Arithmetic
from catdcgan.run_folder.record import Pictures
from catdcgan.settings.resolving import make_config
from catdcgan.training.agreeing import agree_on_pictures, agree_on_settings

HERE = Arithmetic(
    threads=2,
    cores=4,
    onednn=True,
    precision="bfloat16",
    instruction_set="a",
    tensorflow="2.21",
)


class Heard:
    """A team in which the others have said something already."""

    def __init__(self, *others):
        self.others = others

    def exchange(self, said):
        self.said = said
        return [*self.others, said]


def say(given=None, arithmetic=HERE, **options):
    """Return what a worker says of its settings."""
    given, team = given or {}, Heard()
    agree_on_settings(team, make_config(given), given, arithmetic, **options)
    return team.said


def test_the_settings_of_worker_0_are_those_of_all_but_each_has_its_own_folders():
    chief = say({"preset": "tiny", "lr_d": 1e-3, "data_dir": "/cats/of/0"})
    given = {"data_dir": "/cats/of/1", "quiet": True}
    agreed = agree_on_settings(Heard(chief), make_config(given), given, HERE)
    assert (agreed.config.preset, agreed.config.lr_d) == ("tiny", 1e-3)
    assert (agreed.config.data_dir, agreed.config.quiet) == ("/cats/of/1", True)
    assert agreed.config.precision == "bfloat16"  # as resolved there
    assert not agreed.finished


def test_all_know_that_a_run_is_finished():
    agreed = agree_on_settings(Heard(say(finished=True)), make_config({}), {}, HERE)
    assert agreed.finished


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("tensorflow", "2.20", "TensorFlow: 2.20 at worker 1, 2.21 at worker 0; the same is"),
        ("onednn", False, "TF_ENABLE_ONEDNN_OPTS: oneDNN: off at worker 1, on at worker 0; "),
        ("threads", 1, "--threads: 1 at worker 1, 2 at worker 0; "),
        ("devices", 2, "--devices: 2 at worker 1, 1 at worker 0; "),
    ],
)
def test_workers_that_compute_otherwise_are_refused(name, value, line):
    other = dataclasses.replace(HERE, **{name: value})
    with pytest.raises(UserError, match=line):
        agree_on_settings(Heard(say()), make_config({}), {}, other)


def test_a_machine_with_more_cores_may_use_more_threads():
    other = dataclasses.replace(HERE, cores=8, threads=8)
    assert not agree_on_settings(Heard(say()), make_config({}), {}, other).remarks


def test_another_value_of_a_setting_that_a_run_keeps_is_refused():
    given = {"batch_size": 32}
    with pytest.raises(UserError, match="--batch_size: 32 at worker 1, 64 at worker 0; "):
        agree_on_settings(Heard(say()), make_config(given), given, HERE)


def test_another_program_is_refused():
    chief = say() | {"program": "0.1"}
    with pytest.raises(UserError, match="catdcgan: "):
        agree_on_settings(Heard(chief), make_config({}), {}, HERE)


def test_other_processors_are_no_reason_to_refuse_but_worth_a_word():
    other = dataclasses.replace(HERE, instruction_set="b")
    assert agree_on_settings(Heard(say()), make_config({}), {}, HERE).remarks == []
    (remark,) = agree_on_settings(Heard(say()), make_config({}), {}, other).remarks
    assert "processors differ" in remark


def test_all_need_the_same_pictures():
    cats = Pictures("12 pictures of cats", 12, "abc")
    agree_on_pictures(Heard(dataclasses.asdict(cats)), cats)
    with pytest.raises(UserError, match="--data_dir: worker 1 has 9 dogs, worker 0 others: 12 pic"):
        agree_on_pictures(Heard(dataclasses.asdict(cats)), Pictures("9 dogs", 9, "xyz"))
