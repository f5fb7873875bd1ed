import dataclasses

import pytest

from catdcgan.console.errors import UserError
from catdcgan.settings.config import Config
from catdcgan.settings.presets import PRESETS
from catdcgan.settings.resolving import fixed_differences, make_config


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_passes_its_own_checks(preset):
    assert make_config({"preset": preset}).preset == preset


def test_a_given_flag_wins_over_the_record_and_the_record_over_the_preset():
    recorded = {"preset": "tiny", "epochs": 7, "lr_d": 1e-3}
    config = make_config({"lr_d": 3e-3}, recorded)
    assert (config.lr_d, config.epochs) == (3e-3, 7)
    assert config.image_size == PRESETS["tiny"]["image_size"]


def test_a_preset_only_changes_what_its_row_names():
    config = dataclasses.asdict(make_config({"preset": "cat64"}))
    default = dataclasses.asdict(make_config({}))
    changed = {name for name in config if config[name] != default[name]}
    assert changed == {"preset", "image_size"}


def test_the_preset_of_2018_has_its_numbers():
    config = make_config({"preset": "cat128-2018"})
    assert (config.pixel_range, config.label_smoothing, config.lr_d) == (0.5, 0.0, 5e-5)
    assert (config.shuffle, config.mirror, config.snapshot_every) == (False, False, 10)


@pytest.mark.parametrize(("asked", "nearest"), [(100, 128), (50, 64), (1, 32), (4000, 256)])
def test_another_size_is_refused_with_the_nearest_legal_one(asked, nearest):
    with pytest.raises(UserError, match=f"--image_size: {asked}; .* nearest is {nearest}"):
        make_config({"image_size": asked})


@pytest.mark.parametrize(
    ("preset", "flag", "value"),
    [
        ("mnist-fcgan", "base_filters", 32),
        ("mnist-bn", "upsampling", "resize"),
        ("mnist-bn", "dropout", 0.1),
        ("cat128", "dropout", 0.1),
    ],
)
def test_a_setting_that_means_nothing_to_the_networks_is_refused(preset, flag, value):
    with pytest.raises(
        UserError, match=rf"^--{flag}: {value}, but the networks of preset {preset}"
    ):
        make_config({"preset": preset, flag: value})


def test_the_refusal_names_the_presets_that_have_the_choice():
    with pytest.raises(
        UserError, match=r"give one of --preset mnist-fcgan, mnist-tf1, mnist-gan\.$"
    ):
        make_config({"dropout": 0.5})


@pytest.mark.parametrize(("preset", "nearest"), [("mnist-bn", 64), ("mnist-dcgan", 128)])
def test_another_size_is_refused_by_every_family(preset, nearest):
    with pytest.raises(UserError, match=f"--image_size: 256; .*nearest is {nearest}"):
        make_config({"preset": preset, "image_size": 256})


def test_a_family_that_is_not_listed_has_the_size_of_its_preset_alone(monkeypatch):
    monkeypatch.setitem(PRESETS, "seventh", {"network": "unlisted", "image_size": 28})
    assert make_config({"preset": "seventh"}).image_size == 28
    with pytest.raises(UserError, match=r"^--image_size: 32; it needs to be 28\.$"):
        make_config({"preset": "seventh", "image_size": 32})
    with pytest.raises(UserError, match=r"^--base_filters: 2, but"):
        make_config({"preset": "seventh", "base_filters": 2})


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match=r"--preset: dog128; .*cat128, cat64, .*, tiny"):
        make_config({"preset": "dog128"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0},
        {"lr_d": 0.0},
        {"lr_g": -1e-4},
        {"lr_g": float("inf")},
        {"epochs": -1},
        {"max_steps": 0},
        {"beta1": 1.0},
        {"label_smoothing": 0.5},
        {"save_every_minutes": 0.0},
        {"keep_checkpoints": 0},
        {"seed": -1},
        {"precision": "float16"},
        {"base_filters": 10**6},
        {"channels": 2},
        {"upsampling": "bilinear"},
        {"lr_decay": -1.0},
    ],
)
def test_absurd_numbers_are_refused_by_name(wrong):
    with pytest.raises(UserError, match=f"^--{next(iter(wrong))}: "):
        make_config(wrong)


def test_a_run_may_change_its_learning_rate_but_not_its_width():
    recorded = dataclasses.asdict(Config())
    config = make_config({"lr_d": 1e-3, "base_filters": 32}, recorded)
    assert fixed_differences(config, recorded) == ["--base_filters 32 (the run has 64)"]


def test_a_run_that_goes_on_is_not_quiet_because_it_once_was():
    assert make_config({}, {"quiet": True, "epochs": 3}).epochs == 3
    assert not make_config({}, {"quiet": True}).quiet
    assert make_config({"quiet": True}, {}).quiet
