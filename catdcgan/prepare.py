"""Turn any pile of pictures into a clean training set, or look at a set.

Usage: python -m catdcgan.prepare SOURCE [SOURCE...] --out FOLDER [flags]

A source is a folder, a zip or a tar. Faces with the landmarks of the CAT dataset are cut out
upright, other pictures at their centre; copies are left out. The same command goes on after an
interruption. What was left out, and why, is in FOLDER.report.

Examples:
  python -m catdcgan.prepare ~/photos --out data/cats
  python -m catdcgan.prepare CAT_DATASET_01.zip CAT_DATASET_02.zip --out data/cats \\
      --image_size 128 --min_size 128 --outliers customary
  python -m catdcgan.prepare --check data/cats              look at a set, write nothing
"""

import contextlib
import dataclasses
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.progress import speaking, tell
from catdcgan.console.streams import outlive_readers
from catdcgan.console.words import printable
from catdcgan.preparation.advice import advise
from catdcgan.preparation.inspection import inspect
from catdcgan.preparation.outcomes import KEPT
from catdcgan.preparation.outliers import CUSTOMARY, load_outliers
from catdcgan.preparation.published import read_published
from catdcgan.preparation.report import counts_in_words
from catdcgan.preparation.sources import list_sources
from catdcgan.preparation.work import Wanted, prepare_all, report_folder, work_folder
from catdcgan.settings import flags
from catdcgan.settings.config import Config
from catdcgan.settings.setting import QUIET, between, check_each, setting

PICTURES, LEFT_OUT, OUTPUT, LOOKING = (
    *("Which pictures", "What is left out", "What comes out", "Looking only"),
)


@dataclasses.dataclass(frozen=True)
class PrepareConfig:
    """What to prepare, and where to."""

    sources: tuple[str, ...] = setting((), "folders, zips and tars", PICTURES, flag=False)
    out: str | None = setting(None, "folder for the prepared pictures, such as data/cats", OUTPUT)
    image_size: int = setting(
        128, "width and height of the prepared pictures, in pixels", OUTPUT, check=between(8, 2048)
    )
    min_size: int = setting(
        0,
        "leave out what is smaller than this before it is brought to size, in pixels",
        LEFT_OUT,
        check=between(0, 10**6),
    )
    outliers: str | None = setting(
        None,
        f"leave out the pictures on a list: a file with one name a line, or {CUSTOMARY} for the "
        "134 of the CAT dataset and its two known errors",
        LEFT_OUT,
    )
    near_duplicates: bool = setting(True, "leave out near duplicates, as exact ones are", LEFT_OUT)
    bring_back: bool = setting(
        False, "make the pictures that you deleted from --out by hand again", LEFT_OUT
    )
    quiet: bool = setting(False, QUIET, OUTPUT)
    check: str | None = setting(
        None, "describe the pictures in this folder, zip or tar; write nothing", LOOKING
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_prepare, arguments)


def _prepare(arguments: Sequence[str]) -> int:
    asked = PrepareConfig(**flags.parse(arguments, PrepareConfig, __doc__, positional="sources"))
    check_each(asked)
    with speaking(not asked.quiet):
        return _work(asked)


def _work(asked: PrepareConfig) -> int:
    if asked.check is not None:
        if asked.sources or asked.out:
            given = asked.sources[0] if asked.sources else "--out"
            raise UserError(f"--check: given beside {printable(given)}; one of the two is needed.")
        for line in inspect(Path(asked.check), Config.batch_size):
            print(line)
        return 0
    outlive_readers()
    if not asked.sources:
        raise UserError("SOURCE: none given; a folder, a zip or a tar of pictures is needed.")
    if not asked.out:
        raise UserError("--out: nothing given; a folder for the pictures is needed.")
    out = Path(os.path.abspath(asked.out))
    try:
        with _termination_interrupts():
            known = read_published(work_folder(out), report_folder(out)).places
            listing = list_sources(asked.sources, out, load_outliers(asked.outliers), known)
            wanted = Wanted(
                asked.image_size,
                asked.min_size,
                os.path.basename(asked.outliers) if asked.outliers else None,
                asked.near_duplicates,
            )
            counts, remarks = prepare_all(listing, out, wanted, bring_back=asked.bring_back)
    except KeyboardInterrupt:
        print("stopped; the same command goes on where this one was", file=sys.stderr)
        return exits.EXIT_STOPPED
    except BrokenPipeError:
        raise  # of those who read what is said
    except OSError as error:
        where = os.fsdecode(error.filename) if error.filename else str(out)
        raise UserError(
            f"{printable(where)}: {error.strerror or error}; room, and the right to read and "
            "write it, are needed, and then the same command, which goes on."
        ) from error
    for line in [*counts_in_words(counts), *remarks]:
        tell(line)
    tell(f"pictures: {asked.out}, report: {report_folder(Path(asked.out))}")
    tell(advise(counts[KEPT], Config.batch_size))
    return 0


@contextlib.contextmanager
def _termination_interrupts() -> Iterator[None]:
    """Let SIGTERM end the work in the same orderly way as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can say what a signal does
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


if __name__ == "__main__":
    raise SystemExit(main())
