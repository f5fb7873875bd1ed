"""What the number of pictures decides where the user leaves it open: augmentation and mirroring.

A discriminator learns few pictures by heart, and then no longer tells the generator what a cat
looks like, only that it is none of those.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from catdcgan.settings.config import FOR_FEW, Config, parse_augment
from catdcgan.settings.presets import PRESETS

FEW = 2000  # pictures


def settle_by_size(config: Config, count: int) -> Config:
    """Return the settings with nothing left open.

    Args:
        count: pictures to learn from.
    """
    few = count < FEW
    open_ones: dict[str, Any] = {}
    if config.augment == "auto":
        open_ones["augment"] = FOR_FEW if few else "off"
    if config.mirror is None:
        open_ones["mirror"] = few
    return dataclasses.replace(config, **open_ones)


def undecided(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded settings with those left open that the number of pictures decides."""
    row = PRESETS.get(recorded.get("preset", Config.preset), {})
    open_ones = {name: row.get(name, getattr(Config, name)) for name in ("augment", "mirror")}
    return {**recorded, **open_ones}


def describe_changes(config: Config) -> str:
    """Return in words what happens to pictures on their way to the discriminator, if anything."""
    changes = []
    if config.mirror:
        changes.append("mirrored half of the time (--nomirror: never)")
    if kinds := parse_augment(config.augment):
        changes.append(f"changed in {', '.join(kinds)} as they are judged (--augment off: never)")
    return " and ".join(changes)
