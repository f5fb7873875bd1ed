"""All reading and writing of a run's files, on local disks and on what TensorFlow's gfile knows.

On a local disk a file is written under a temporary name, flushed and renamed, so that a kill or a
loss of power leaves either the old or the new one, whole. Elsewhere (`gs://...`) there is nothing
to flush.

A path is a text; one with `://` in it is not local.
"""

import contextlib
import errno
import hashlib
import os
import platform
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from catdcgan.console.errors import UserError, first_line_of
from catdcgan.console.words import printable
from catdcgan.machine.processes import is_alive
from catdcgan.machine.tensorflow_import import import_tensorflow

PathLike = str | os.PathLike[str]
PIECE = 2**20  # bytes read at a time
# What is being written is called `.name.host.process.random.tmp`.
TEMPORARY = re.compile(r"\..+\.(?P<process>\d+)\.[^.]{8}\.tmp")


def is_local(path: PathLike) -> bool:
    """Tell whether a path is on this machine's own file system."""
    return "://" not in os.fspath(path)


def join(folder: PathLike, name: str) -> str:
    """Return the path of a name in a folder."""
    folder = os.fspath(folder)
    return os.path.join(folder, name) if is_local(folder) else f"{folder.rstrip('/')}/{name}"


def split(path: PathLike) -> tuple[str, str]:
    """Return (folder, name) of a path."""
    path = os.fspath(path)
    if is_local(path):
        return os.path.split(path)
    folder, _, name = path.rpartition("/")
    return folder, name


def refuse_unknown_scheme(path: PathLike, flag: str) -> None:
    """Check that TensorFlow has a file system for a path that is not local.

    Raises:
        UserError: it has none.
    """
    if is_local(path):
        return
    try:
        _gfile().exists(os.fspath(path))
    except _tensorflow().errors.UnimplementedError as error:
        scheme = os.fspath(path).split("://")[0]
        raise UserError(
            f"{flag}: {printable(os.fspath(path))}: TensorFlow has no file system for {scheme}://; "
            "a local folder that is copied or mounted (s3fs, rclone, aws s3 sync), or gs:// is "
            "needed."
        ) from error
    except _tensorflow().errors.OpError as error:
        raise UserError(
            f"{flag}: {printable(os.fspath(path))}: cannot be reached ({first_line_of(error)}); "
            "a network and the right to read and write are needed."
        ) from error


def refuse_as_folder(path: PathLike, flag: str) -> None:
    """Check that a path is a folder, or can become one.

    Raises:
        UserError: it is a file, or cannot be reached.
    """
    refuse_unknown_scheme(path, flag)
    if exists(path) and not is_folder(path):
        raise UserError(f"{flag}: {printable(os.fspath(path))} is a file; a folder is needed.")


def exists(path: PathLike) -> bool:
    """Tell whether there is a file or folder."""
    return os.path.exists(path) if is_local(path) else _gfile().exists(os.fspath(path))


def is_folder(path: PathLike) -> bool:
    """Tell whether there is a folder."""
    return os.path.isdir(path) if is_local(path) else _gfile().isdir(os.fspath(path))


def list_names(folder: PathLike) -> list[str]:
    """Return the sorted names in a folder, none where there is no folder."""
    if is_local(folder):
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    if not _gfile().isdir(os.fspath(folder)):
        return []
    return sorted(name.rstrip("/") for name in _gfile().listdir(os.fspath(folder)))


def size_of(path: PathLike) -> int:
    """Return the size of a file in bytes."""
    return os.path.getsize(path) if is_local(path) else _gfile().stat(os.fspath(path)).length


def sha256_of(path: PathLike) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with _open_to_read(path) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def read_bytes(path: PathLike) -> bytes | None:
    """Return the content of a file, None where there is none."""
    try:
        with _open_to_read(path) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except Exception as error:
        if not is_local(path) and isinstance(error, _tensorflow().errors.NotFoundError):
            return None
        raise


def read_needed(path: PathLike) -> bytes:
    """Return the content of a file.

    Raises:
        FileNotFoundError: there is none.
    """
    content = read_bytes(path)
    if content is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    return content


def read_tail(path: PathLike, length: int) -> bytes | None:
    """Return the last bytes of a file, at most `length`, None where there is no file."""
    if not exists(path):
        return None
    with _open_to_read(path) as file:
        file.seek(max(size_of(path) - length, 0))
        return file.read()


def write_atomically(path: PathLike, data: bytes | Iterable[bytes], durable: bool = True) -> None:
    """Write a file that is, at any instant, either the old one or the new one, whole.

    Args:
        data: its content, or pieces of it that are never all in memory.
        durable: flush it to the disk, so that this holds for a loss of power too.

    Raises:
        OSError: it cannot be written; the error names the file that was meant.
    """
    folder = split(path)[0]
    pieces = [data] if isinstance(data, bytes) else data
    if not is_local(path):
        with _as_os_error(path):
            _gfile().makedirs(folder)
            # Renamed, since not every store cuts off the old content of a file it opens anew.
            temporary = join(folder, f"{_beginning(split(path)[1])}{uuid.uuid4().hex[:8]}.tmp")
            with _gfile().GFile(temporary, "wb") as file:
                for piece in pieces:
                    file.write(piece)
            _gfile().rename(temporary, os.fspath(path), overwrite=True)
        return
    try:
        os.makedirs(folder or ".", exist_ok=True)
        _write_and_rename(os.fspath(path), pieces, durable)
        if durable:
            flush_to_disk(folder or ".")
    except OSError as error:
        # Of the file that is meant: the temporary name means nothing to the user.
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def remove_abandoned(folder: PathLike) -> None:
    """Remove what processes of this machine that are no more left half-written in a folder.

    To be called before this process writes there: what bears its number is of an earlier life.

    Raises:
        OSError: a file cannot be removed.
    """
    for name in list_names(folder):
        match = TEMPORARY.fullmatch(name)
        if match and f".{platform.node()}.{match['process']}." in name:
            process = int(match["process"])
            if process == os.getpid() or not is_alive(process):
                remove(join(folder, name))


def flush_to_disk(path: PathLike) -> None:
    """Wait until a local file, or a folder's list of names, is on the disk itself."""
    if not is_local(path):
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: PathLike) -> None:
    """Remove a file, or an empty folder in its place, if it is there."""
    if is_local(path):
        with contextlib.suppress(FileNotFoundError):
            (os.rmdir if os.path.isdir(path) else os.unlink)(path)
        return
    with contextlib.suppress(_tensorflow().errors.NotFoundError), _as_os_error(path):
        _gfile().remove(os.fspath(path))


def move(path: PathLike, target: PathLike) -> None:
    """Move a file within its file system; the folder of `target` is made.

    Raises:
        OSError: it cannot be moved.
    """
    if is_local(path):
        os.makedirs(split(target)[0] or ".", exist_ok=True)
        os.rename(path, target)
        return
    with _as_os_error(path):
        _gfile().makedirs(split(target)[0])
        _gfile().rename(os.fspath(path), os.fspath(target))


def free_space(folder: PathLike) -> int | None:
    """Return the free bytes where a folder is or will be, None where there is no telling."""
    nearest = nearest_folder(folder)
    return None if nearest is None else shutil.disk_usage(nearest).free


def nearest_folder(folder: PathLike) -> str | None:
    """Return the folder itself or the nearest one above that is there, None if not local."""
    if not is_local(folder):
        return None
    folder = os.path.abspath(folder)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def _beginning(name: str) -> str:
    return f".{name}.{platform.node()}.{os.getpid()}."


def _open_to_read(path: PathLike) -> Any:
    return open(path, "rb") if is_local(path) else _gfile().GFile(os.fspath(path), "rb")


def _write_and_rename(path: str, pieces: Iterable[bytes], durable: bool) -> None:
    folder, name = os.path.split(path)
    handle, temporary = tempfile.mkstemp(dir=folder or ".", prefix=_beginning(name), suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp's files are the owner's alone
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _as_os_error(path: PathLike) -> Iterator[None]:
    try:
        yield
    except _tensorflow().errors.NotFoundError:
        raise
    except _tensorflow().errors.OpError as error:
        raise OSError(0, first_line_of(error), os.fspath(path)) from error


def _tensorflow() -> Any:
    """Load TensorFlow where a path needs it, and only there."""
    import_tensorflow()
    import tensorflow

    return tensorflow


def _gfile() -> Any:
    return _tensorflow().io.gfile
