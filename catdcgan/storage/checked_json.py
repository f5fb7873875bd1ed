"""JSON files that carry a checksum of themselves: a single changed byte shows."""

import hashlib
import json
from typing import Any

from catdcgan.storage import files


def write(path: files.PathLike, value: dict[str, Any]) -> None:
    """Write an object as indented JSON that carries a checksum of itself, atomically."""
    files.write_atomically(path, _checked_text(value))


def read(path: files.PathLike) -> dict[str, Any] | None:
    """Return the object of a file of `write`.

    None where there is no such file, or where a single byte of it has changed.
    """
    data = files.read_bytes(path)
    try:
        value = json.loads(data or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    value.pop("checksum", None)
    return value if _checked_text(value) == data else None


def _checked_text(value: dict[str, Any]) -> bytes:
    checksum = hashlib.sha256(json.dumps(value).encode()).hexdigest()
    return (json.dumps({**value, "checksum": checksum}, indent=2) + "\n").encode()
