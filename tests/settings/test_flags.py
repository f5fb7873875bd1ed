import re
import subprocess
import sys

import pytest

from catdcgan.console.errors import UserError
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.settings.setting import settings_of


def parse(*arguments):
    return flags.parse(arguments, Config, "Describe.")


def test_only_given_flags_are_returned():
    assert parse("--lr_d=1e-4", "--epochs", "3") == {"lr_d": 1e-4, "epochs": 3}


@pytest.mark.parametrize("spelling", ["--lr-d", "--lr_D", "--LR_D", "-lr_d"])
def test_dashes_and_capitals_are_accepted_in_names(spelling):
    assert parse(f"{spelling}=0.5") == {"lr_d": 0.5}


@pytest.mark.parametrize("spelling", ["--nomirror", "--no-mirror", "--mirror=false"])
def test_a_switch_can_be_turned_off(spelling):
    assert parse(spelling) == {"mirror": False}


def test_the_value_of_a_flag_keeps_its_dashes_and_capitals():
    assert parse("--data_dir=My-Cats") == {"data_dir": "My-Cats"}


def test_an_unknown_flag_is_refused_with_the_nearest_one():
    with pytest.raises(UserError, match=r"^--lr_dd: there is no such flag; did you mean --lr_"):
        parse("--lr_dd=1")


def test_a_setting_of_the_presets_alone_is_no_flag():
    with pytest.raises(UserError, match="there is no such flag"):
        parse("--pixel_range=0.5")


def test_a_value_of_the_wrong_kind_is_refused_by_name():
    with pytest.raises(UserError, match=r"^--epochs: many; it needs to be a whole number\.$"):
        parse("--epochs=many")


def test_a_flag_without_its_value_is_refused_by_name():
    with pytest.raises(UserError, match=r"^--epochs: nothing; it needs to be a whole number\.$"):
        parse("--epochs")


def test_an_argument_without_a_flag_is_refused():
    with pytest.raises(UserError, match=r"^cats: an argument without a flag"):
        parse("cats")


def test_a_command_can_take_arguments_without_a_flag_anywhere():
    arguments = ["a", "--epochs=3", "b", "--lr-d", "0.5", "c"]
    given = flags.parse(arguments, Config, "Describe.", positional="sources")
    assert given == {"sources": ("a", "b", "c"), "epochs": 3, "lr_d": 0.5}


def test_help_names_every_flag_under_its_heading_and_exits_with_0(capsys):
    with pytest.raises(SystemExit) as exit_info:
        parse("--help")
    shown = capsys.readouterr().out
    assert exit_info.value.code == 0
    assert "Training:\n  --epochs" in shown
    flags = [name for name, a_setting in settings_of(Config).items() if a_setting.flag]
    assert all(re.search(rf"\n  --(\[no\])?{name} ", shown) for name in flags)


@pytest.mark.parametrize("module", ["train", "sample", "prepare"])
def test_the_commands_load_without_tensorflow(module):
    code = f"import sys, catdcgan.{module}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
