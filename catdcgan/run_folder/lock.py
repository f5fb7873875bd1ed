"""One process a run: the second is told of the first and does not touch its files.

On a local disk the system holds the lock and drops it with the process, however that ends. In a
store (`gs://...`) there is only a file that its owner touches now and then: one that was not
touched for a while is that of a dead process.
"""

import contextlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.storage import files, locking

NAME = "run.lock"
SECONDS_BETWEEN_TOUCHES = 20.0
TOUCHES_MISSED = 6  # before an owner counts as dead
SECONDS_BETWEEN_LOOKS = 2.0  # at a lock that may be that of a dead owner


@contextlib.contextmanager
def hold_lock(run_dir: str) -> Iterator[None]:
    """Hold a run while the block runs.

    Raises:
        UserError: another process holds it; the text names that one.
    """
    path = files.join(run_dir, NAME)
    with _hold_local(path, run_dir) if files.is_local(run_dir) else _hold_remote(path, run_dir):
        yield


def is_held(run_dir: str) -> bool:
    """Tell whether a process seems to hold a run, without touching the lock."""
    owner = _parse(files.read_bytes(files.join(run_dir, NAME)))
    if not files.is_local(run_dir):
        return _may_be_alive(owner)
    # The system would know, but to ask it is to hold the lock for a moment. A local owner takes
    # its name off at the end; one that was killed is told by its process.
    here = owner.get("host") == platform.node()
    return "process" in owner and (not here or _is_process(owner["process"]))


@contextlib.contextmanager
def _hold_local(path: str, run_dir: str) -> Iterator[None]:
    os.makedirs(run_dir, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            file = held.enter_context(locking.hold(path))
        except locking.HeldError as error:
            raise _held(run_dir, _parse(error.content)) from error
        with contextlib.suppress(OSError):  # it is locked, even on a disk with no room for a name
            file.truncate(0)
            file.write(_owner(uuid.uuid4().hex))
        yield
        file.truncate(0)


@contextlib.contextmanager
def _hold_remote(path: str, run_dir: str) -> Iterator[None]:
    _wait_for_death(path, run_dir)
    token = uuid.uuid4().hex
    files.write_atomically(path, _owner(token))
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(SECONDS_BETWEEN_TOUCHES):
            with contextlib.suppress(OSError):  # the next touch may succeed
                if _parse(files.read_bytes(path)).get("token") == token:
                    files.write_atomically(path, _owner(token))

    thread = threading.Thread(target=touch, daemon=True)
    thread.start()
    _held_here.add(token)
    try:
        yield
    finally:
        _held_here.discard(token)
        ended.set()
        thread.join()
        with contextlib.suppress(OSError):
            if _parse(files.read_bytes(path)).get("token") == token:
                files.remove(path)


_held_here: set[str] = set()  # tokens


def _wait_for_death(path: str, run_dir: str) -> None:
    """Return once nobody holds a lock: at once, or when its owner has not touched it for long.

    A machine that was taken away and comes back finds the lock of its former self, still fresh.
    """
    first = _parse(files.read_bytes(path))
    owner = first
    while _may_be_alive(owner):
        if owner != first or owner.get("token") in _held_here:
            raise _held(run_dir, owner)  # it was touched in the meantime
        time.sleep(SECONDS_BETWEEN_LOOKS)
        owner = _parse(files.read_bytes(path))


def _owner(token: str) -> bytes:
    owner = {"host": platform.node(), "process": os.getpid(), "touched": time.time()}
    return json.dumps({**owner, "token": token}).encode()


def _may_be_alive(owner: dict) -> bool:
    if owner.get("token") in _held_here:
        return True
    try:
        age = time.time() - owner["touched"]
        process = int(owner["process"])
    except (KeyError, TypeError, ValueError):
        return False
    if abs(age) > TOUCHES_MISSED * SECONDS_BETWEEN_TOUCHES:
        return False
    if owner.get("host") != platform.node():
        return True
    if process == os.getpid():
        return False  # of this machine's former life: this process would know its token
    return _is_process(process)


def _is_process(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks, and sends nothing
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


def _held(run_dir: str, owner: dict) -> UserError:
    return UserError(
        f"--run_dir: {printable(run_dir)} is in use by process {owner.get('process', 'unknown')} "
        f"on {printable(str(owner.get('host', 'an unknown machine')))}; another --run_dir is "
        "needed, or the end of that process."
    )
