"""Lists of pictures to leave out."""

import errno
from pathlib import Path

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable

CUSTOMARY = "customary"
MOST_BYTES = 2**24  # of a list
LIST = Path(__file__).with_name("cat_outliers.txt")
KNOWN_ERRORS = {
    "00000003_015": "a known error of the archive: its points lie beside the face",
    "00000003_019": "a known error of the archive: a stray annotation",
}


def load_outliers(chosen: str | None) -> dict[str, str]:
    """Return the reasons for leaving pictures out, by their names without folder and ending.

    Args:
        chosen: `customary` for the published list of the CAT dataset and its two known errors, or
            the path of a list: one name a line, `#` begins a comment.

    Raises:
        UserError: there is no such list.
    """
    if chosen is None:
        return {}
    if chosen == CUSTOMARY:
        customary = dict.fromkeys(_read(LIST), "on the customary list of outliers")
        return customary | KNOWN_ERRORS
    try:
        names = _read(Path(chosen))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise UserError(
            f"--outliers: {printable(chosen)}: {reason}; {CUSTOMARY}, or a file with one name a "
            "line, is needed."
        ) from error
    return dict.fromkeys(names, "on the list of outliers")


def outlier_key(name: str) -> str:
    """Return what a list calls a picture: `CAT_00/00000001_008.jpg` is `00000001_008`."""
    base = name.replace("\\", "/").rpartition("/")[2]
    for ending in (".cat", ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"):
        if base.lower().endswith(ending):
            base = base[: -len(ending)]
    return base


def _read(path: Path) -> list[str]:
    with path.open("rb") as file:  # which may be a pipe
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"over {MOST_BYTES >> 20} MiB")
    lines = data.decode("utf-8-sig").splitlines()
    names = (line.partition("#")[0].strip() for line in lines)
    return [outlier_key(name) for name in names if name]
