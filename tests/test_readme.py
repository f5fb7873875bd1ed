"""The README says what is true: its tables are those of `config`, its flags and files exist."""

import re
from pathlib import Path

import pytest

from catdcgan.config import PRESETS, Config, presets_table, settings_table
from catdcgan.film import FilmConfig
from catdcgan.prepare import PrepareConfig
from catdcgan.sample import SampleConfig
from catdcgan.settings import settings_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(name):
    return re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", README, re.DOTALL)[1]


@pytest.mark.parametrize(
    ("name", "table"), [("presets", presets_table()), ("settings", settings_table())]
)
def test_the_tables_are_those_of_the_settings(name, table):
    assert section(name) == table, "python -m catdcgan.config prints the present tables"


def test_every_flag_it_names_exists():
    others = {"help", "faults", "logdir"}  # of no command, of the tests, and of TensorBoard
    commands = (Config, SampleConfig, PrepareConfig, FilmConfig)
    known = {name for config in commands for name in settings_of(config)} | others
    named = {flag.lower().replace("-", "_") for flag in re.findall(r"--(\w[\w-]+)", README)}
    assert named - known == set()


def test_every_preset_it_names_exists():
    assert set(re.findall(r"--preset ([\w-]+)", README)) <= PRESETS.keys()


def test_every_file_it_links_exists():
    links = re.findall(r"\]\(([\w./-]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_module_it_lists_exists():
    listed = re.findall(r"`([a-z_]+(?:\.py|/))`", README.split("laid out")[1].split("##")[0])
    assert len(listed) > 10
    assert [name for name in listed if not (ROOT / "catdcgan" / name).exists()] == []
