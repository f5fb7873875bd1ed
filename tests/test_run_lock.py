import json
import os
import platform
import subprocess
import sys
import time

import pytest

from catdcgan import files, run_lock
from catdcgan.errors import UserError
from catdcgan.run_lock import hold_lock

LOCKS = ["local", "ram://lock"]


@pytest.fixture(params=LOCKS)
def run_dir(request, tmp_path):
    """Return the folder of a run, on a disk and in a store."""
    if request.param == "local":
        return str(tmp_path / "run")
    return f"{request.param}/{tmp_path.name}"


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


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    code = "import os\nfrom catdcgan.run_lock import hold_lock\n" + (
        f"with hold_lock({str(tmp_path)!r}):\n    os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=os.getcwd()).returncode == 9
    assert json.loads((tmp_path / "run.lock").read_text())["process"] != os.getpid()
    with hold_lock(str(tmp_path)):
        pass


def test_a_lock_in_a_store_that_nobody_touches_any_more_is_taken_over():
    now = time.time()
    alive = {"host": "elsewhere", "process": 1, "touched": now}
    assert run_lock._is_alive(alive)
    assert not run_lock._is_alive({**alive, "touched": now - 1000})
    assert not run_lock._is_alive({})


def test_a_lock_of_a_dead_process_of_this_machine_is_taken_over_at_once():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    owner = {"host": platform.node(), "process": child.pid, "touched": time.time()}
    assert not run_lock._is_alive(owner)
    assert run_lock._is_alive({**owner, "process": os.getpid()})
