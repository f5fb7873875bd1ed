import errno
import fcntl
import json
import os
import platform
import subprocess
import sys
import threading
import time

import pytest

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.run_folder import lock
from catdcgan.run_folder.lock import hold_lock
from catdcgan.storage import files

LOCKS = ["local", "local, without locks", "ram://lock"]


@pytest.fixture(params=LOCKS)
def run_dir(request, tmp_path, monkeypatch):
    """Return the folder of a run, on a disk with and without locks and in a store."""
    monkeypatch.setattr(lock, "SECONDS_BEFORE_CONFIRMATION", 0.01)
    if request.param == "local, without locks":
        monkeypatch.setattr(fcntl, "flock", refuse)
    if request.param.startswith("local"):
        return str(tmp_path / "run")
    return f"{request.param}/{tmp_path.name}"


def refuse(file, operation):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def test_the_second_process_is_refused_and_told_of_the_first(run_dir):
    with (
        hold_lock(run_dir),
        pytest.raises(UserError, match=f"in use by process {os.getpid()} on {platform.node()}"),
        hold_lock(run_dir),
    ):
        pass


def test_a_lock_can_be_taken_again_once_it_is_given_up(run_dir):
    with hold_lock(run_dir):
        pass
    with hold_lock(run_dir):
        owner = files.read_bytes(files.join(run_dir, "run.lock"))
    assert json.loads(owner)["process"] == os.getpid()


def test_a_lock_is_given_up_when_the_work_fails(run_dir):
    with pytest.raises(RuntimeError), hold_lock(run_dir):
        raise RuntimeError
    with hold_lock(run_dir):
        pass


@pytest.mark.parametrize(
    ("supervisor", "named"), [(None, "own"), ("gone", "own"), ("here", "here")]
)
def test_the_process_to_end_is_named(run_dir, monkeypatch, supervisor, named):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    pids = {"own": os.getpid(), "here": os.getppid(), "gone": gone.pid}
    if supervisor:
        monkeypatch.setenv(lock.SUPERVISOR, str(pids[supervisor]))
    with (
        hold_lock(run_dir),
        pytest.raises(UserError, match=rf"\(kill {pids[named]}: it saves first\)"),
        hold_lock(run_dir),
    ):
        pass


def test_a_run_in_use_is_for_the_user_to_settle_and_not_tried_again(run_dir):
    def command(arguments):
        with hold_lock(run_dir):
            return 0

    with hold_lock(run_dir):
        assert exits.run(command, []) == exits.EXIT_USER


def test_of_two_that_begin_at_once_one_is_refused(run_dir, monkeypatch):
    write = files.write_atomically

    def write_and_be_overtaken(path, data):
        write(path, data)
        write(path, json.dumps({**ELSEWHERE, "touched": time.time()}).encode())

    monkeypatch.setattr(files, "write_atomically", write_and_be_overtaken)
    if "/lock/" not in run_dir and fcntl.flock is not refuse:
        return  # the system's locks are never two's
    with pytest.raises(UserError, match="process 1 on elsewhere"), hold_lock(run_dir):
        pass


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    code = "import os\nfrom catdcgan.run_folder.lock import hold_lock\n" + (
        f"with hold_lock({str(tmp_path)!r}):\n    os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=os.getcwd()).returncode == 9
    assert json.loads((tmp_path / "run.lock").read_text())["process"] != os.getpid()
    with hold_lock(str(tmp_path)):
        pass


ELSEWHERE = {"host": "elsewhere", "process": 1, "token": "theirs"}


def test_an_owner_that_nobody_hears_of_any_more_counts_as_dead():
    now = time.time()
    assert lock._may_be_alive({**ELSEWHERE, "touched": now})
    assert not lock._may_be_alive({**ELSEWHERE, "touched": now - 1000})
    assert not lock._may_be_alive({**ELSEWHERE, "touched": now + 1000})
    for damaged in ({}, {"touched": "x", "process": 1}, {"touched": now, "process": None}):
        assert not lock._may_be_alive(damaged)


def test_a_dead_process_of_this_machine_counts_as_dead_at_once():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    owner = {**ELSEWHERE, "host": platform.node(), "touched": time.time()}
    assert not lock._may_be_alive({**owner, "process": child.pid})
    assert not lock._may_be_alive({**owner, "process": os.getpid()})  # of a former life
    assert lock._may_be_alive({**owner, "process": os.getppid()})


@pytest.fixture
def fresh_lock_of_another(tmp_path, monkeypatch):
    """Return the folder of a run in a store whose lock another machine has just touched."""
    monkeypatch.setattr(lock, "SECONDS_BETWEEN_TOUCHES", 0.1)
    monkeypatch.setattr(lock, "SECONDS_BETWEEN_LOOKS", 0.02)
    run_dir = f"ram://fresh/{tmp_path.name}"
    owner = json.dumps({**ELSEWHERE, "touched": time.time()}).encode()
    files.write_atomically(files.join(run_dir, "run.lock"), owner)
    return run_dir


def test_a_fresh_lock_is_waited_for_and_taken_over_when_it_goes_stale(fresh_lock_of_another):
    with hold_lock(fresh_lock_of_another):
        owner = files.read_bytes(files.join(fresh_lock_of_another, "run.lock"))
    assert json.loads(owner)["process"] == os.getpid()


def test_a_lock_that_is_touched_while_it_is_waited_for_is_held(fresh_lock_of_another):
    path = files.join(fresh_lock_of_another, "run.lock")

    def touch():
        files.write_atomically(path, json.dumps({**ELSEWHERE, "touched": time.time()}).encode())

    timer = threading.Timer(0.2, touch)
    timer.start()
    with (
        pytest.raises(UserError, match="in use by process 1 on elsewhere"),
        hold_lock(fresh_lock_of_another),
    ):
        pass
    timer.join()
