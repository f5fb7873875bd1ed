"""Groups of small scripts that end as workers can end."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from catdcgan.workers import group
from catdcgan.workers.group import Group

BEGINNING = """
import json, os, signal, sys, time
config = json.loads(os.environ["TF_CONFIG"])
number = config["task"]["index"]

def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.005)
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Return a function that starts so many workers, each a script."""
    monkeypatch.chdir(tmp_path)
    started = []

    def begin(script, workers=2, **environment):
        command = (sys.executable, "-c", BEGINNING + textwrap.dedent(script))
        started.append(Group(command, workers, {**os.environ, **environment}))
        return started[-1]

    yield begin
    for each in started:
        each._end_all(signal.SIGKILL)
        each.wait()


def wait_for(*paths):
    deadline = time.monotonic() + 30
    while not all(Path(path).exists() for path in paths):
        assert time.monotonic() < deadline, f"not all of {paths}"
        time.sleep(0.01)


def test_each_worker_knows_all_addresses_and_its_own_number(start):
    workers = start("open(f'{number}.json', 'w').write(os.environ['TF_CONFIG'])", 3)
    assert workers.wait() == 0
    configs = [json.loads(Path(f"{number}.json").read_text()) for number in range(3)]
    (addresses,) = {tuple(config["cluster"]["worker"]) for config in configs}
    assert len(set(addresses)) == 3
    assert all(address.startswith("127.0.0.1:") for address in addresses)
    assert [config["task"] for config in configs] == [
        {"type": "worker", "index": number} for number in range(3)
    ]


def test_each_line_says_which_workers_it_is_and_goes_where_it_was_said(start, capfd):
    start(
        r"""
        print(f"one {number}")
        print("two\twith letters: äöü")
        print("three", file=sys.stderr)
        os.write(1, b"raw \xff bytes and no end of line")
        """
    ).wait()
    said = capfd.readouterr()
    for number in range(2):
        lines = [line for line in said.out.splitlines() if line.startswith(f"[worker {number}]")]
        assert lines == [
            f"[worker {number}] one {number}",
            f"[worker {number}] two\twith letters: äöü",
            rf"[worker {number}] raw \xff bytes and no end of line",
        ]
    assert sorted(said.err.splitlines()) == ["[worker 0] three", "[worker 1] three"]


def test_lines_of_workers_that_speak_at_once_stay_whole(start, capfd):
    start("for n in range(300): print(f'{n} of {number}')", 3).wait()
    expected = {f"[worker {number}] {n} of {number}" for number in range(3) for n in range(300)}
    lines = capfd.readouterr().out.splitlines()
    assert (set(lines), len(lines)) == (expected, 900)


def test_a_line_is_shown_when_it_is_said(start, capfd):
    workers = start("print('here'); wait_for('end')")
    said, deadline = "", time.monotonic() + 30
    while said.count("here") < 2:
        assert time.monotonic() < deadline
        said += capfd.readouterr().out
        time.sleep(0.01)
    Path("end").touch()
    workers.wait()


def test_on_a_terminal_worker_0_has_it_to_itself(tmp_path):
    ours, theirs = os.openpty()
    code = """
        import sys
        from catdcgan.workers.group import Group

        script = "import sys; print(sys.stderr.isatty(), file=sys.stderr)"
        sys.exit(Group((sys.executable, "-c", script), 2).wait())
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=theirs, stderr=theirs
    )
    assert process.wait(timeout=30) == 0
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        assert sorted(terminal.read(1000).split()) == sorted(b"True [worker 1] False".split())


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((0, 0, 0), 0),
        ((0, 75, 1), 1),
        ((75, 74, 70), 74),
        ((1, 74, 75), 1),
        ((0, 75, 75), 75),
        ((70, 75, 75), 70),
        ((75, 75, 70), 75),
        ((-9, 75, 75), -9),
        ((75, -15, -9), 75),
        ((0, -9), -9),
    ],
)
def test_the_code_of_all_is_what_counts_most_or_else_what_was_first(codes, code):
    assert group._code_of(codes) == code


def test_the_first_to_fail_is_told_from_those_that_follow_it(start):
    workers = start(
        """
        if number == 1:
            raise SystemExit(70)
        wait_for("end")
        raise SystemExit(75)
        """
    )
    while not workers._codes:
        workers.poll()
    Path("end").touch()
    assert workers.wait() == 70


def test_the_others_may_leave_by_themselves_when_one_has_failed(start):
    workers = start(
        """
        if number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.3)
        open("left", "w").close()
        raise SystemExit(75)
        """
    )
    assert workers.wait() == -signal.SIGKILL
    assert Path("left").exists()


STUBBORN = """
if number == 1:
    wait_for("ready")
    raise SystemExit(70)
def note(*_):
    open("asked", "w").close()
    if {leaves}:
        raise SystemExit(75)
signal.signal(signal.SIGTERM, note)
open("ready", "w").close()
time.sleep(60)  # which a handler that returns does not shorten
"""


@pytest.mark.parametrize("leaves", [True, False])
def test_who_does_not_notice_is_asked_to_leave_and_then_killed(start, monkeypatch, leaves):
    monkeypatch.setattr(group, "SECONDS_TO_LEAVE", 0.1)
    monkeypatch.setattr(group, "SECONDS_TO_SAVE", 0.3 if not leaves else 30)
    workers = start(STUBBORN.format(leaves=leaves))
    assert workers.wait() == 70
    assert Path("asked").exists()
    assert workers._codes[0] == (75 if leaves else -signal.SIGKILL)


def test_a_frozen_worker_is_ended_too(start, monkeypatch):
    monkeypatch.setattr(group, "SECONDS_TO_LEAVE", 0.1)
    workers = start(
        """
        if number == 1:
            wait_for("ready")
            raise SystemExit(75)
        open("ready", "w").close()
        os.kill(os.getpid(), signal.SIGSTOP)
        """
    )
    assert workers.wait() == 75


def test_workers_go_where_worker_0_has_gone_whatever_its_code(start, monkeypatch):
    monkeypatch.setattr(group, "SECONDS_TO_LEAVE", 0.1)
    assert start("if number == 1: time.sleep(60)").wait() == -signal.SIGTERM


def test_worker_0_may_take_its_time_when_the_others_have_finished(start, monkeypatch):
    monkeypatch.setattr(group, "SECONDS_TO_LEAVE", 0.1)
    assert start("if number == 0: time.sleep(0.5)").wait() == 0


def test_what_a_killed_worker_has_started_ends_with_it(start, monkeypatch):
    monkeypatch.setattr(group, "SECONDS_TO_LEAVE", 0.2)
    monkeypatch.setattr(group, "SECONDS_TO_SAVE", 0.2)
    workers = start(
        """
        if number == 1:
            wait_for("helper")
            raise SystemExit(70)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        import subprocess
        helper = subprocess.Popen(["sleep", "60"])
        open("part", "w").write(str(helper.pid))
        os.rename("part", "helper")
        time.sleep(60)
        """
    )
    workers.wait()
    assert has_gone(int(Path("helper").read_text()))


def test_a_signal_reaches_each_once(start):
    workers = start(
        """
        def note(received, frame):
            open(f"{number}.signals", "a").write(signal.Signals(received).name + " ")
        signal.signal(signal.SIGUSR1, note)
        open(f"{number}.ready", "w").close()
        wait_for(f"{number}.signals")
        time.sleep(0.2)
        raise SystemExit(75)
        """
    )
    wait_for("0.ready", "1.ready")
    workers.send_signal(signal.SIGUSR1)
    assert workers.wait() == 75
    assert [Path(f"{number}.signals").read_text() for number in range(2)] == ["SIGUSR1 "] * 2


def test_workers_do_not_outlive_who_has_started_them(tmp_path):
    code = """
        import sys
        from catdcgan.workers.group import Group

        script = '''
        import json, os, time
        number = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
        open("part", "w").write(str(os.getpid()))
        os.rename("part", f"{number}.pid")
        time.sleep(60)
        '''
        Group((sys.executable, "-c", __import__("textwrap").dedent(script)), 2).wait()
    """
    starter = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    pids = [tmp_path / f"{number}.pid" for number in range(2)]
    wait_for(*pids)
    starter.kill()
    starter.wait()
    for path in pids:
        assert has_gone(int(path.read_text()))


def has_gone(process):
    """Tell whether a process is no more, or about to be reaped."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)
    return False


def test_where_one_cannot_be_started_none_is_left(monkeypatch, tmp_path):
    begin, started = subprocess.Popen, []

    def refuse_the_second(*arguments, **options):
        if started:
            raise OSError(11, os.strerror(11))
        started.append(begin(*arguments, **options))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", refuse_the_second)
    with pytest.raises(OSError, match="unavailable"):
        Group((sys.executable, "-c", "import time; time.sleep(60)"), 2)
    assert started[0].wait(timeout=10) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("gpus", "shares"),
    [("0,1,2,3", ["0,1", "2,3"]), ("5,7,8", ["5", "7"]), ("-1", ["-1", "-1"]), ("", ["", ""])],
)
def test_workers_share_the_gpus(start, gpus, shares):
    script = "open(f'{number}.gpus', 'w').write(os.environ['CUDA_VISIBLE_DEVICES'])"
    assert start(script, CUDA_VISIBLE_DEVICES=gpus).wait() == 0
    assert [Path(f"{number}.gpus").read_text() for number in range(2)] == shares


def test_a_port_that_anybody_listens_on_is_not_chosen(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        free = spare.getsockname()[1]
        spare.close()
        monkeypatch.setattr(group, "PORTS", [server.getsockname()[1]] * 20 + [free])
        assert group._free_ports(1) == [free]
