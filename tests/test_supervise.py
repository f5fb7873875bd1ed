"""The supervisor, over small scripts that end as a training can end."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from catdcgan import supervise
from catdcgan.training import supervising
from catdcgan.training.supervising import (
    FAILURES_THAT_MAY_PASS,
    FAILURES_WITHOUT_PROGRESS,
    Supervisor,
)
from tests.checkpoints.test_files import make


@pytest.fixture
def supervised(tmp_path, monkeypatch):
    """Return a function that runs a script as the training, and one that counts its starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(supervising, "FORWARDED", ())

    def run(script):
        starts = "open('starts', 'a').write('x')\nn = len(open('starts').read())\n"
        command = (sys.executable, "-W", "ignore", "-c", starts + textwrap.dedent(script))
        return Supervisor(str(tmp_path), ["--run_dir=run"], command, first_pause=0.001).run()

    return run


def starts():
    return len(Path("starts").read_text())


@pytest.mark.parametrize("code", [0, 1])
def test_what_is_finished_or_the_users_to_settle_is_not_started_again(supervised, code):
    assert supervised(f"raise SystemExit({code})") == code
    assert starts() == 1


def test_what_may_pass_is_tried_again_for_longer_than_a_bug(supervised):
    assert supervised("raise SystemExit(74)") == 74
    assert starts() == FAILURES_THAT_MAY_PASS > FAILURES_WITHOUT_PROGRESS


def test_a_command_that_cannot_be_started_for_a_while_is_tried_again(
    supervised, monkeypatch, tmp_path
):
    begin, refusals = subprocess.Popen, iter([True, True, False])

    def refuse_twice(*arguments, **options):
        if next(refusals):
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return begin(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", refuse_twice)
    assert supervised("raise SystemExit(0)") == 0
    assert Path("run/run_train.log").read_text().count("cannot be started") == 2


@pytest.mark.parametrize(
    "end", ["raise SystemExit(75)", "raise SystemExit(70)", "import os; os.kill(os.getpid(), 9)"]
)
def test_a_preemption_a_bug_and_a_kill_are_started_again(supervised, end):
    assert supervised(f"if n == 3: raise SystemExit(0)\n{end}") == 0
    assert starts() == 3
    log = Path("run/run_train.log").read_text()
    assert log.count("starting again in") == 2


def test_it_gives_up_after_failures_without_progress(supervised):
    assert supervised("raise SystemExit(70)") == 70
    assert starts() == FAILURES_WITHOUT_PROGRESS
    assert "giving up" in Path("run/run_train.log").read_text()


def test_progress_starts_the_count_and_the_pause_anew(supervised, tmp_path):
    for step in range(1, 10):
        make(tmp_path / "ready", step)
    script = """
        import os, glob
        if n == 20: raise SystemExit(0)
        if n % 4 == 0:
            os.makedirs('run', exist_ok=True)
            for path in glob.glob(f'ready/*-{n // 4:08d}.*'):
                os.rename(path, path.replace('ready', 'run'))
        raise SystemExit(75)
    """
    assert supervised(script) == 0
    pauses = [
        line.rsplit("in ", 1)[1] for line in Path("run/run_train.log").read_text().splitlines()
    ]
    assert pauses[:5] == ["0.001 s", "0.002 s", "0.004 s", "0.001 s", "0.002 s"]


@pytest.mark.parametrize(("number", "given_up"), [(0, True), (1, False)])
def test_a_worker_that_sees_no_checkpoints_counts_a_long_life_as_progress(
    supervised, monkeypatch, number, given_up
):
    cluster = {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}
    task = {"type": "worker", "index": number}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    monkeypatch.setattr(supervising, "LONGEST_PAUSE", 0.001)
    monkeypatch.setattr(supervising.Config, "join_timeout", 0.0)
    code = supervised(f"raise SystemExit(0 if n > {FAILURES_WITHOUT_PROGRESS} else 75)")
    assert code == (75 if given_up else 0)


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 1), (["--lr_d=1"], 1)])
def test_without_a_folder_it_explains_itself_and_trains_nothing(capsys, arguments, code):
    assert supervise.main(arguments) == code
    assert "Usage: python -m catdcgan.supervise LOG_FOLDER" in capsys.readouterr().out


def test_a_mistake_in_the_flags_is_one_line(tmp_path, capsys):
    assert supervise.main([str(tmp_path), "--lr_x=1"]) == 1
    assert capsys.readouterr().err.startswith("--lr_x: there is no such flag;")


CHILD = """
import signal, sys, time
from pathlib import Path

def note(number, frame):
    with open("signals", "a") as file:
        file.write(signal.Signals(number).name + "\\n")

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
    signal.signal(number, note)
Path("ready").touch()
while not Path("signals").exists():
    time.sleep(0.01)
time.sleep(0.3)  # a second one would be noted too
sys.exit(75)
"""


@pytest.mark.parametrize(
    ("sent", "received"), [("SIGINT", "SIGINT"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGTERM")]
)
def test_a_signal_to_the_whole_group_reaches_training_once_and_ends_the_job(
    tmp_path, sent, received
):
    job = start_job(tmp_path, CHILD)
    os.killpg(job.pid, getattr(signal, sent))  # as a terminal sends Ctrl-C
    assert job.wait(timeout=30) == 75
    assert (tmp_path / "signals").read_text() == f"{received}\n"


LISTENING_CHILD = """
import os, time
from pathlib import Path
from catdcgan.machine.stop_signals import listen_for_stop

with listen_for_stop(print) as stop:
    Path("pid").write_text(str(os.getpid()))
    Path("ready").touch()
    while not stop:
        time.sleep(0.01)
    time.sleep(0.3)
raise SystemExit(75)
"""
UNREADY_CHILD = """
import os, time
from pathlib import Path

Path("pid").write_text(str(os.getpid()))
Path("ready").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("child", [LISTENING_CHILD, UNREADY_CHILD])
@pytest.mark.parametrize(("first", "second"), [("child", "job"), ("job", "child")])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_to_every_process_of_the_job_saves_and_ends_it(
    tmp_path, child, first, second, number
):
    job = start_job(tmp_path, child)
    pids = {"job": job.pid, "child": int((tmp_path / "pid").read_text())}
    os.kill(pids[first], number)
    time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):  # one that could not listen yet is gone
        os.kill(pids[second], number)
    assert job.wait(timeout=30) == 75


def test_a_signal_in_the_pause_between_two_starts_ends_the_job(tmp_path):
    job = start_job(tmp_path, "open('ready', 'w').close()\nraise SystemExit(70)")
    while not (tmp_path / "run/run_train.log").exists():
        time.sleep(0.02)
    job.send_signal(signal.SIGTERM)
    assert job.wait(timeout=3) == 75


def start_job(folder, child):
    """Start the supervisor of a script in a process of its own; return it once that is at work."""
    (folder / "child.py").write_text(child)
    code = (
        "import sys\nfrom catdcgan.training.supervising import Supervisor\n"
        "sys.exit(Supervisor('.', ['--run_dir=run'], (sys.executable, 'child.py')).run())"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    deadline = time.monotonic() + 30
    while not (folder / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job
