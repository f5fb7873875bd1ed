"""From flags, record and preset to the settings of a run."""

from collections.abc import Mapping
from typing import Any

from catdcgan.console.errors import UserError
from catdcgan.settings.config import Config
from catdcgan.settings.families import CHOICES, FAMILIES, Family
from catdcgan.settings.presets import PRESETS
from catdcgan.settings.setting import (
    check_each,
    settings_of,
)


def make_config(given: Mapping[str, Any], recorded: Mapping[str, Any] | None = None) -> Config:
    """Resolve the settings: given on the command line > of the recorded run > preset > default.

    Raises:
        UserError: a value is wrong, by itself or together with another.
    """
    recorded = _lasting(recorded or {})
    preset = given.get("preset") or recorded.get("preset") or Config.preset
    if preset not in PRESETS:
        raise UserError(f"--preset: {preset}; it needs to be one of {', '.join(PRESETS)}.")
    if recorded and given.get("augment") == "auto":  # it was decided when the run began
        given = {name: value for name, value in given.items() if name != "augment"}
    values: dict[str, Any] = {"preset": preset, **PRESETS[preset], **recorded, **given}
    config = Config(**{name: values[name] for name in settings_of(Config) if name in values})
    check_each(config)
    _check_choices(config, given)
    return config


# What the runs had that are older than these settings.
BEFORE = {"ema_decay": 0.0, "augment": "off", "minibatch_stddev": False}


def _lasting(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a recorded run hands on to a command that continues it."""
    known = settings_of(Config)
    if recorded:
        recorded = {**BEFORE, **recorded}
    return {
        name: value for name, value in recorded.items() if name not in known or known[name].lasting
    }


def _family_of(row: Mapping[str, Any]) -> Family:
    """Return the network family of a preset's row."""
    own_size = row.get("image_size", Config.image_size)
    return FAMILIES.get(row.get("network", Config.network), Family((own_size,)))


def _check_choices(config: Config, given: Mapping[str, Any]) -> None:
    """Check that the network family can be built as it is asked for."""
    family = _family_of(PRESETS[config.preset])
    for name in CHOICES:
        if name in given and name not in family.choices:
            able = [preset for preset, row in PRESETS.items() if name in _family_of(row).choices]
            raise UserError(
                f"--{name}: {given[name]}, but the networks of preset {config.preset} have no such "
                f"choice; leave it out, or give one of --preset {', '.join(able)}."
            )
    legal = family.image_sizes
    if config.image_size not in legal:
        nearest = min(legal, key=lambda size: abs(size - config.image_size))
        raise UserError(
            f"--image_size: {config.image_size}; it needs to be "
            f"{'one of ' if len(legal) > 1 else ''}{', '.join(map(str, legal))}"
            f"{f': the nearest is {nearest}' if len(legal) > 1 else ''}."
        )


def fixed_differences(config: Config, recorded: Mapping[str, Any]) -> list[str]:
    """Return the settings, as text, that a run has to keep and `config` would change."""
    return [
        f"--{name} {getattr(config, name)} (the run has {recorded[name]})"
        for name, known in settings_of(Config).items()
        if known.fixed and name in recorded and recorded[name] != getattr(config, name)
    ]
