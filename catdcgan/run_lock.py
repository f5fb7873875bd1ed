"""One process a run: the second is told of the first and does not touch its files.

On a local disk the system holds the lock and drops it with the process, however that ends. In a
store (`gs://...`) there is only a file that its owner touches now and then: one that was not
touched for a while is that of a dead process.
"""

import contextlib
import fcntl
import json
import os
import platform
import threading
import time
from collections.abc import Iterator

from catdcgan import files
from catdcgan.errors import UserError, printable

NAME = "run.lock"
SECONDS_BETWEEN_TOUCHES = 20.0
TOUCHES_MISSED = 6  # before an owner counts as dead


@contextlib.contextmanager
def hold_lock(run_dir: str) -> Iterator[None]:
    """Hold a run while the block runs.

    Raises:
        UserError: another process holds it; the text names that one.
    """
    path = files.join(run_dir, NAME)
    with _hold_local(path, run_dir) if files.is_local(run_dir) else _hold_remote(path, run_dir):
        yield


@contextlib.contextmanager
def _hold_local(path: str, run_dir: str) -> Iterator[None]:
    os.makedirs(run_dir, exist_ok=True)
    # Never removed: a second process could lock the removed file, and a third the new one.
    with open(path, "a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise _held(run_dir, file.read()) from error
        file.truncate(0)
        file.write(_owner())
        file.flush()
        yield
        file.truncate(0)


@contextlib.contextmanager
def _hold_remote(path: str, run_dir: str) -> Iterator[None]:
    content = files.read_bytes(path)
    if _is_alive(_parse(content)):
        raise _held(run_dir, content)
    files.write_atomically(path, _owner())
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(SECONDS_BETWEEN_TOUCHES):
            with contextlib.suppress(OSError):  # the next touch may succeed
                files.write_atomically(path, _owner())

    thread = threading.Thread(target=touch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with contextlib.suppress(OSError):
            files.remove(path)


def _owner() -> bytes:
    owner = {"host": platform.node(), "process": os.getpid(), "touched": time.time()}
    return json.dumps(owner).encode()


def _is_alive(owner: dict) -> bool:
    if time.time() - owner.get("touched", 0) > TOUCHES_MISSED * SECONDS_BETWEEN_TOUCHES:
        return False
    if owner.get("host") != platform.node():
        return True
    try:
        os.kill(owner["process"], 0)  # asks, and sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _parse(content: bytes | None) -> dict:
    try:
        owner = json.loads(content or b"{}")
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _held(run_dir: str, content: bytes) -> UserError:
    owner = _parse(content)
    return UserError(
        f"--run_dir: {printable(run_dir)} is in use by process {owner.get('process', 'unknown')} "
        f"on {printable(str(owner.get('host', 'an unknown machine')))}; another --run_dir is "
        "needed, or the end of that process."
    )
