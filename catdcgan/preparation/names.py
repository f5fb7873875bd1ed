"""What the prepared pictures are called: after their source, and no two alike."""

import collections
import hashlib
import os
import re

LONGEST = 120  # characters of a name that are kept; file systems allow 255 bytes
MARK = 8  # digits of a digest that tell two files with one name apart
# Device names of Windows, where no file can be called so whatever its ending.
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def output_names(names: list[str]) -> list[str]:
    """Return the names of the prepared pictures, without `.jpg`, for names such as `cats/a.png`.

    It is the name of the file without its folders and its ending. Files that would get the same
    name, capitals aside, all get a mark that depends on their own whole name alone.
    """
    plain = [_plain(name) for name in names]
    counts = collections.Counter(name.lower() for name in plain)
    return [
        short if counts[short.lower()] == 1 else f"{short}-{_mark(name)}"
        for name, short in zip(names, plain, strict=True)
    ]


def _plain(name: str) -> str:
    stem = os.path.splitext(name.rpartition("/")[2])[0]
    # Letters of every script stay; what a shell, a terminal or another system stumbles over goes.
    safe = re.sub(r"[^\w.+,=@()\[\]-]", "_", stem, flags=re.UNICODE)[:LONGEST].rstrip(".")
    if not safe or safe.startswith((".", "-")) or RESERVED.fullmatch(safe.partition(".")[0]):
        safe = f"_{safe}"
    return safe


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
