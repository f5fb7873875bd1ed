"""Whether a checkpoint is of the run whose folder it lies in, or was copied there from another."""

from collections.abc import Mapping
from typing import Any

from catdcgan.settings.config import Config
from catdcgan.settings.setting import settings_of

RECORD_NAME = "run.json"


def is_foreign(told: Mapping[str, Any] | None, record: Mapping[str, Any] | None) -> bool:
    """Tell whether a checkpoint is of another run.

    Args:
        told: the record in its manifest.
        record: that of the folder; where there is none, everything in it counts.
    """
    if record is None:
        return False
    if told is None:
        return True
    try:
        if told.get("id") and record.get("id"):
            return told["id"] != record["id"]
        # Runs had no id once: those count whose settings and pictures are the run's.
        return _identity(told, record) != _identity(record, told)
    except (AttributeError, KeyError, TypeError):
        return True  # no record at all


def _identity(record: Mapping[str, Any], other: Mapping[str, Any]) -> list[Any]:
    """Return the fixed settings of a record that the other has too, and what its pictures are."""
    fixed = [name for name, known in settings_of(Config).items() if known.fixed]
    config, others = record["config"], other["config"]
    shared = [config[name] for name in fixed if name in config and name in others]
    return [*shared, record["pictures"]["fingerprint"]]
