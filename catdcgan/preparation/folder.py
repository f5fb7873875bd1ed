"""The folder of the prepared pictures: what lies in it is the program's own, or nobody touches it.

A picture is the program's own by its name and its checksum. One whose name alone is known was
changed by the user, and stays, or is damaged, and is set aside. All else is of other origin.
"""

import contextlib
import dataclasses
import errno
import os
import shutil
import stat
import zlib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.pictures.decoding import open_photo
from catdcgan.pictures.formats import UndecodableError
from catdcgan.storage import files

ENDING = ".jpg"
PART = ".catdcgan.part"  # a picture on its way from another file system
SET_ASIDE = "set-aside"  # in the folder of the report

Identity = tuple[int, int, int]


@dataclasses.dataclass(slots=True)
class Standing:
    """What lies in the folder before the work, pictures by their names without `.jpg`.

    Attributes:
        ours: the checksums of those that are as they were prepared.
        changed: those that the user has changed since.
        damaged: those that can no longer be decoded.
        seen: what changes when a file does, for all of them.
    """

    ours: dict[str, int] = dataclasses.field(default_factory=dict)
    changed: set[str] = dataclasses.field(default_factory=set)
    damaged: set[str] = dataclasses.field(default_factory=set)
    seen: dict[str, Identity] = dataclasses.field(default_factory=dict)

    def has(self, output: str) -> bool:
        """Tell whether a picture is there."""
        return output in self.seen


def look_into(out: Path, made: Collection[tuple[str, int | None]]) -> Standing:
    """Return what lies in the folder `out`.

    Args:
        made: names, without `.jpg`, and checksums of all pictures that were ever prepared for it;
            a checksum may be unknown.

    Raises:
        UserError: it holds what no preparation put there, or is no folder.
    """
    standing = Standing()
    names = {output for output, _ in made}
    if not out.is_dir():
        if out.exists():
            raise UserError(f"--out: {printable(str(out))} is a file; a folder is needed.")
        if out.is_symlink():
            os.makedirs(os.path.realpath(out))  # now, since all the work would be in vain if not
        return standing
    if not os.access(out, os.W_OK | os.X_OK):
        raise UserError(
            f"--out: {printable(str(out))}: {os.strerror(errno.EACCES)}; a folder that can be "
            "written to is needed."
        )
    with os.scandir(out) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue  # a file manager's notes, which count nowhere
            output, ending = os.path.splitext(entry.name)
            if ending != ENDING or output not in names or not _is_file(entry):
                raise _of_other_origin(out, entry.name, "which was not prepared")
            standing.seen[output] = _identity(entry.stat(follow_symlinks=False))
            data = Path(entry.path).read_bytes()
            checksum = zlib.crc32(data)
            if (output, checksum) in made:
                standing.ours[output] = checksum
            else:
                (standing.changed if _is_picture(data) else standing.damaged).add(output)
    return standing


def publish(
    out: Path,
    standing: Standing,
    kept: Iterable[str],
    waiting: Callable[[str], Path],
    aside: Path,
) -> None:
    """Move the pictures that are kept to `out`, and remove those of ours that are kept no more.

    Args:
        standing: what was there before; whatever else is there now is not touched.
        kept: the names of the pictures.
        waiting: where a picture waits, if it has not moved already.
        aside: the folder that damaged pictures are moved to.

    Raises:
        UserError: something was put there meanwhile; all pictures are still in waiting.
    """
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (out / PART).unlink()
    _refuse_newcomers(out, standing)
    staying = set(kept)
    for output in standing.damaged:
        _set_aside(_picture(out, output), aside)
    for output in standing.ours:
        if output not in staying:
            _remove(out, output, standing)
    for output in staying:
        source = waiting(output)
        if output in standing.changed or not source.exists():
            continue
        if output in standing.ours:
            _remove(out, output, standing)
        try:
            _move(source, _picture(out, output))
        except FileExistsError:
            raise _put_there_meanwhile(out, f"{output}{ENDING}") from None


def _picture(out: Path, output: str) -> Path:
    return out / f"{output}{ENDING}"


def _identity(status: os.stat_result) -> Identity:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _is_file(entry: os.DirEntry) -> bool:
    return stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)


def _is_picture(data: bytes) -> bool:
    try:
        open_photo(data)
    except UndecodableError:
        return False
    return True


def _refuse_newcomers(out: Path, standing: Standing) -> None:
    with os.scandir(out) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            output, ending = os.path.splitext(entry.name)
            identity = _identity(entry.stat(follow_symlinks=False))
            if ending != ENDING or standing.seen.get(output) != identity:
                raise _put_there_meanwhile(out, entry.name)


def _remove(out: Path, output: str, standing: Standing) -> None:
    path = _picture(out, output)
    with contextlib.suppress(FileNotFoundError):
        if _identity(path.lstat()) == standing.seen[output]:
            path.unlink()


def _set_aside(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}~{number}{path.suffix}"
    with contextlib.suppress(FileNotFoundError):
        shutil.move(path, target)


def _move(source: Path, target: Path) -> None:
    """Move a file to where there is none, also to another file system.

    Raises:
        FileExistsError: there is one.
    """
    try:
        _rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
        source.unlink()


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(PART)
    try:
        shutil.copyfile(source, part)
        files.flush_to_disk(part)
        _rename(part, target)
    except FileExistsError:
        raise
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise OSError(error.errno, error.strerror, str(target)) from error


def _rename(source: Path, target: Path) -> None:
    """Rename a file; unlike `os.rename` it replaces none."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EEXIST):
            raise
        if os.path.lexists(target):  # a file system without links: as sure as it can be there
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        os.rename(source, target)
    else:
        os.unlink(source)


def _of_other_origin(out: Path, name: str, which: str) -> UserError:
    return UserError(
        f"--out: {printable(str(out))} holds {printable(name)}, {which}; a new or empty folder "
        "is needed."
    )


def _put_there_meanwhile(out: Path, name: str) -> UserError:
    return UserError(
        f"--out: {printable(str(out))} holds {printable(name)}, which was put there meanwhile; "
        "another place for it is needed, and then the same command, which goes on."
    )
