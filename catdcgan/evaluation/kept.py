"""Statistics of real pictures are kept on disk beside the decoded sets: they never change."""

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catdcgan.storage import files

DIGITS = 20  # of a digest that end up in a file's name

Arrays = Mapping[str, np.ndarray | float]


def load_or_measure(folders: Sequence[Path], key: str, measure: Callable[[], Arrays]) -> Arrays:
    """Return the arrays kept under `key`; measure them, and keep them, where there are none.

    Args:
        folders: where they may be, the best place first; where none can be written to, nothing is
            kept.
        key: everything that they depend on.
    """
    name = f"statistics-{hashlib.sha256(key.encode()).hexdigest()[:DIGITS]}.npz"
    for folder in folders:
        # A torn or foreign file is one that is not there.
        with (
            contextlib.suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile),
            np.load(io.BytesIO((folder / name).read_bytes()), allow_pickle=False) as kept,
        ):
            if str(kept["key"]) == key:
                return {field: kept[field] for field in kept.files if field != "key"}
    measured = measure()
    data = io.BytesIO()
    kept_under: dict[str, Any] = {"key": np.array(key), **measured}
    np.savez(data, **kept_under)
    for folder in folders:
        with contextlib.suppress(OSError):
            files.write_atomically(folder / name, data.getvalue(), durable=False)
            break
    return measured
