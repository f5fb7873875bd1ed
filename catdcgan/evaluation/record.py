"""`evaluation.json`: one entry for each set of samples and each set of reals it was compared with.

An entry replaces that of the same name, numbers and reals, measured in the same way. Figures that
only the older one has (those of Inception, say) stay, if its samples were the same to the pixel.
"""

import datetime
import hashlib
from typing import Any

import numpy as np

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.metrics import distances, embedding, inception, nearest, sliced_wasserstein
from catdcgan.storage import checked_json, files

NAME = "evaluation.json"
SAME = ("samples", "weights", "num", "reals_key", "versions")  # what makes two entries the same


def read_entries(path: str) -> list[dict[str, Any]]:
    """Return the entries so far, none where there is no file.

    Raises:
        UserError: the file is damaged.
    """
    if not files.exists(path):
        return []
    value = checked_json.read(path)
    if value is None or not isinstance(value.get("evaluations"), list):
        raise UserError(f"{printable(path)}: damaged; remove it, or another --out is needed.")
    return value["evaluations"]


def make_entry(
    samples: str,
    step: int | None,
    weights: str | None,
    images: np.ndarray,
    reals: tuple[str, str],
    figures: dict[str, float],
    floor: dict[str, float],
) -> dict[str, Any]:
    """Return an entry.

    Args:
        samples: the checkpoint's name, or that of the pictures.
        weights: `average` or `last`, None for pictures.
        images: the samples, uint8 `[N, S, S, C]`.
        reals: what samples are compared with, in words and as a key.
    """
    return {
        "samples": samples,
        "step": step,
        "weights": weights,
        "num": len(images),
        "pixels": hashlib.sha256(images.data).hexdigest(),
        "reals": reals[0],
        "reals_key": reals[1],
        "versions": {
            module.__name__.rpartition(".")[2]: module.VERSION
            for module in (sliced_wasserstein, distances, embedding, inception, nearest)
        },
        "figures": figures,
        "floor": floor,
        "time": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def merge_entry(entries: list[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries with a new one, in the order of steps."""
    merged = []
    for entry in entries:
        if not all(entry.get(field) == new[field] for field in SAME):
            merged.append(entry)
        elif entry.get("pixels") == new["pixels"]:
            new = {
                **new,
                "figures": {**entry["figures"], **new["figures"]},
                "floor": {**entry["floor"], **new["floor"]},
            }
    return sorted([*merged, new], key=lambda entry: (entry["step"] or 0, entry["samples"]))


def comparable(entries: list[dict[str, Any]], with_entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of checkpoints that differ from one in nothing but the step."""
    fields = [field for field in SAME if field != "samples"]
    return [
        entry
        for entry in entries
        if entry["step"] is not None
        and all(entry.get(field) == with_entry[field] for field in fields)
    ]


def write_entries(path: str, entries: list[dict[str, Any]]) -> None:
    """Write the file.

    Raises:
        OSError: it cannot be written.
    """
    checked_json.write(path, {"evaluations": entries})
