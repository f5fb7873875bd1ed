"""One process a run: the second is told of the first and does not touch its files.

On a local disk the system holds the lock and drops it with the process, however that ends. In a
store (`gs://...`), and on a disk without locks, there is only a file that its owner touches now and
then: one that was not touched for a while is that of a dead process.
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
from catdcgan.machine.processes import is_alive
from catdcgan.storage import files, locking

NAME = "run.lock"
SUPERVISOR = "CATDCGAN_SUPERVISOR"  # the environment's name for the process that starts this one
SECONDS_BETWEEN_TOUCHES = 20.0
TOUCHES_MISSED = 6  # before an owner counts as dead
SECONDS_BEFORE_CONFIRMATION = 0.2  # more than another needs from its look to its writing
SECONDS_BETWEEN_LOOKS = 2.0  # at a lock that may be that of a dead owner


@contextlib.contextmanager
def hold_lock(run_dir: str) -> Iterator[None]:
    """Hold a run while the block runs.

    Raises:
        UserError: another process holds it; the text names that one.
    """
    path = files.join(run_dir, NAME)
    with contextlib.ExitStack() as held:
        has_locks = files.is_local(run_dir)
        if has_locks:
            try:
                held.enter_context(_hold_by_system(path, run_dir))
            except locking.NoLocksError:
                has_locks = False
        if not has_locks:
            held.enter_context(_hold_by_touching(path, run_dir))
        yield


def is_held(run_dir: str) -> bool:
    """Tell whether a process seems to hold a run, without touching the lock."""
    owner = _parse(files.read_bytes(files.join(run_dir, NAME)))
    if not files.is_local(run_dir):
        return _may_be_alive(owner)
    # The system would know, but to ask it is to hold the lock for a moment. A local owner takes
    # its name off at the end; one that was killed is told by its process.
    here = owner.get("host") == platform.node()
    return "process" in owner and (not here or is_alive(owner["process"]))


@contextlib.contextmanager
def _hold_by_system(path: str, run_dir: str) -> Iterator[None]:
    os.makedirs(run_dir, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            file = held.enter_context(locking.hold(path))
        except locking.HeldError as error:
            raise _held(run_dir, _parse(error.content)) from error
        with contextlib.suppress(OSError):  # it is locked, even on a disk with no room for a name
            file.truncate(0)
            file.write(_owner(uuid.uuid4().hex))
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                file.truncate(0)


@contextlib.contextmanager
def _hold_by_touching(path: str, run_dir: str) -> Iterator[None]:
    _wait_for_death(path, run_dir)
    token = uuid.uuid4().hex
    files.write_atomically(path, _owner(token))
    time.sleep(SECONDS_BEFORE_CONFIRMATION)
    owner = _parse(files.read_bytes(path))
    if owner.get("token") != token:
        raise _held(run_dir, owner)  # two have begun at once: the later one stays
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
    supervisor = os.environ.get(SUPERVISOR, "")
    if supervisor.isdigit():
        owner["supervisor"] = int(supervisor)
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
    return is_alive(process)


def _parse(content: bytes | None) -> dict:
    try:
        owner = json.loads(content or b"{}")
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _held(run_dir: str, owner: dict) -> UserError:
    process = owner.get("process", "unknown")
    host = printable(str(owner.get("host", "an unknown machine")))
    return UserError(
        f"--run_dir: {printable(run_dir)} is in use by process {process} on {host}; another "
        f"--run_dir is needed, or the end of that process{_way_to_end(owner)}."
    )


def _way_to_end(owner: dict) -> str:
    process, supervisor = owner.get("process"), owner.get("supervisor")
    if not isinstance(process, int):
        return ""
    is_here = owner.get("host") == platform.node()
    # Which would start it again; one that was killed has left it behind.
    if isinstance(supervisor, int) and is_here and is_alive(supervisor):
        return f" by the one that started it (kill {supervisor}: it saves first)"
    return f" (kill {process}{'' if is_here else ' there'}: it saves first)"
