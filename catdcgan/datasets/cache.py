"""Arrays that took long to make are kept on disk and mapped into memory the next time."""

import contextlib
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from catdcgan.machine.home import home_folder
from catdcgan.storage import checked_json


def cache_folder() -> Path:
    """Return the user's cache folder for this program; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    if not base:
        # Where there is no home either, the null device: nothing can be kept below it.
        base = os.path.join(home_folder() or os.devnull, ".cache")
    return Path(base, "catdcgan")


def load_or_build(
    path: Path, shape: tuple[int, ...], build: Callable[[], np.ndarray]
) -> np.ndarray:
    """Return the uint8 array of `shape` kept at `path`; build and keep it where there is none.

    A file that is torn, damaged or of another shape is replaced; its checksum lies beside it.
    Where nothing can be written the array is simply built.
    """
    record = path.with_suffix(".json")
    with contextlib.suppress(OSError, ValueError, EOFError):
        known = checked_json.read(record) or {}
        array = np.load(path, mmap_mode="r")
        fits = array.shape == shape and array.dtype == np.uint8
        if fits and _checksum(array) == known.get("crc32"):
            return array
    array = build()
    with contextlib.suppress(OSError):
        _write(path, array)
        checked_json.write(record, {"crc32": _checksum(array)})
    return array


def _checksum(array: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(array).data)


def _write(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own until it is whole: two programs may be building at once.
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, array)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
