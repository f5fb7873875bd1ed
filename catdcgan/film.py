"""Make the film of a run: its snapshots from the first to the last, as MP4 and GIF.

Usage: python -m catdcgan.film RUN_DIR [flags]

A run makes its film itself when it ends or is stopped; this command makes it at any time.

Example:
  python -m catdcgan.film checkpoints/tiny
"""

import dataclasses
from collections.abc import Sequence

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.progress import speaking, tell
from catdcgan.console.streams import outlive_readers
from catdcgan.console.words import counted, printable
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.settings import flags
from catdcgan.settings.setting import QUIET, setting
from catdcgan.storage import files
from catdcgan.watching.film import make_film


@dataclasses.dataclass(frozen=True)
class FilmConfig:
    """How the film is made."""

    quiet: bool = setting(False, QUIET, "Output")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_film, arguments)


def _film(arguments: Sequence[str]) -> int:
    given = flags.parse(arguments, FilmConfig, __doc__, positional="RUN_DIR")
    outlive_readers()
    run = RunDirectory(flags.the_one(given.pop("RUN_DIR"), "RUN_DIR"))
    asked = FilmConfig(**given)
    files.refuse_unknown_scheme(run.path, "RUN_DIR")
    snapshots = find_snapshots(run.snapshots)
    if not snapshots:
        raise UserError(f"{printable(run.path)}: no snapshot; a run that has taken one is needed.")
    with speaking(not asked.quiet):
        paths = make_film(snapshots, run.path)
        tell(printable(f"{counted(len(snapshots), 'snapshot')}: {', '.join(paths)}"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
