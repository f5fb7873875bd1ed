"""The README says what is true: its tables are those of `settings`, its flags and files exist."""

import ast
import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from catdcgan import networks, train
from catdcgan.evaluate import EvaluateConfig
from catdcgan.film import FilmConfig
from catdcgan.prepare import PrepareConfig
from catdcgan.sample import SampleConfig
from catdcgan.settings.config import Config
from catdcgan.settings.presets import PRESETS
from catdcgan.settings.setting import settings_of, type_of
from catdcgan.settings.tables import presets_table, settings_table
from catdcgan.training.launching import LaunchConfig

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(name):
    return re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", README, re.DOTALL)[1]


@pytest.mark.parametrize(
    ("name", "table"), [("presets", presets_table()), ("settings", settings_table())]
)
def test_the_tables_are_those_of_the_settings(name, table):
    assert section(name) == table, "python -m catdcgan.settings.tables prints the present tables"


def test_every_flag_it_names_exists():
    # Of no command, of the tests, of TensorBoard, and of Slurm.
    others = {"help", "faults", "logdir", "distribution", "requeue", "signal", "time"}
    others |= {"nodes", "ntasks_per_node", "gpus_per_node"}
    commands = (Config, SampleConfig, PrepareConfig, FilmConfig, EvaluateConfig, LaunchConfig)
    known = {name for config in commands for name in settings_of(config)} | others
    named = {flag.lower().replace("-", "_") for flag in re.findall(r"--(\w[\w-]+)", README)}
    off = {f"no{name}" for c in commands for name in settings_of(c) if type_of(c, name) is bool}
    assert named - known - off == set()


def test_every_preset_it_names_exists():
    added = set(re.findall(r'"([\w-]+)": \{', section("row")))
    assert set(re.findall(r"--preset ([\w-]+)", README)) <= PRESETS.keys() | added


def test_every_file_it_links_exists():
    links = re.findall(r"\]\(([\w./-]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_gan_that_it_adds_trains_and_renders(tmp_path, monkeypatch, digit_folder, run_sample):
    """Put the page and the row where the README says, and use them as any other preset."""
    page, row = (
        section(name).split("```")[1].removeprefix("python\n") for name in ("network", "row")
    )
    (tmp_path / "small_conv.py").write_text(page)
    monkeypatch.setattr(networks, "__path__", [*networks.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "catdcgan.networks.small_conv", raising=False)
    ((preset, settings),) = ast.literal_eval("{" + row + "}").items()
    monkeypatch.setitem(PRESETS, preset, settings)
    flags = (f"--data_dir={digit_folder}", "--batch_size=4", "--snapshot_grid=2x2")
    assert train.main([f"--preset={preset}", "--max_steps=2", *flags]) == 0
    assert run_sample(f"--run_dir=checkpoints/{preset}", "--num=1", "--format=png", "--out=.") == 0
    with Image.open("seed00000000.png") as picture:
        assert (picture.mode, picture.size) == ("L", (28, 28))
