"""Where files of a run's folder go that it cannot use and did not surely write itself."""

import datetime
from collections.abc import Sequence

from catdcgan.run_folder.directory import RunDirectory
from catdcgan.storage import files

FOLDER = "set-aside"


def set_aside(run: RunDirectory, paths: Sequence[str]) -> str:
    """Move files of a run to `set-aside/<time>/`, keeping their folders; return that folder.

    Raises:
        OSError: a file cannot be moved; the others are where they were or where they go.
    """
    time = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    parent = files.join(run.path, FOLDER)
    taken = set(files.list_names(parent))
    name = next(n for n in (time, *(f"{time}-{i}" for i in range(2, 10**6))) if n not in taken)
    folder = files.join(parent, name)
    beginning = files.join(run.path, "")
    for path in paths:
        files.move(path, files.join(folder, path.removeprefix(beginning)))
    return folder
