"""A home folder for users who have none: containers run under numbers that no one gave a name.

Libraries keep their settings and caches there, and warn or fail where they cannot.
"""

import os
import stat
import tempfile
from pathlib import Path


def provide_home() -> None:
    """Let HOME be a folder in the temporary one where the user has none that can be written."""
    if not _has_home():
        substitute = _substitute()
        if substitute is not None:
            os.environ["HOME"] = str(substitute)


def home_folder() -> Path | None:
    """Return the user's home folder, or what stands for it; None where nothing does."""
    return Path.home() if _has_home() else _substitute()


def _has_home() -> bool:
    try:
        home = Path.home()
    except RuntimeError:  # neither HOME nor an entry among the users
        return False
    return _is_writable(home) or all(_is_writable(home / name) for name in (".cache", ".config"))


def _substitute() -> Path | None:
    """Return a folder that is this user's alone, the same one each time where that is possible."""
    try:
        folder = Path(tempfile.gettempdir(), f"catdcgan-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and _is_writable(folder):
            return folder
    except OSError:
        pass  # something of another's is in its place, or there is no temporary folder
    return None


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
