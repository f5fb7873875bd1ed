"""The command, over small scripts in the place of training."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from catdcgan import launch
from tests.workers.test_group import has_gone, wait_for

ROOT = Path(__file__).parent.parent
# Starts a command of the package, with a script for the training and pauses that are short.
PROGRAM = """
import sys
from catdcgan import launch, supervise
from catdcgan.training import supervising

class Supervisor(supervising.Supervisor):
    def __init__(self, log_folder, training_flags, *, workers):
        command = (sys.executable, "child.py")
        super().__init__(log_folder, training_flags, command, first_pause=0.01, workers=workers)

launch_module = sys.modules["catdcgan.training.launching"]
launch_module.Supervisor = Supervisor
command = {"launch": launch, "supervise": supervise}[sys.argv.pop(1)]
raise SystemExit(command.main())
"""
CHILD = """
import json, os, signal, sys, time
number = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
with open(f"{number}.starts", "a") as file:
    file.write("x")
start = len(open(f"{number}.starts").read())
"""


@pytest.fixture
def begin(tmp_path):
    """Return a function that begins a command; the script is the training."""
    begun = []

    def start(script, *arguments, command="launch"):
        (tmp_path / "child.py").write_text(CHILD + textwrap.dedent(script))
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, command, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def end_of(process):
    """Return the exit code and what was said."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


WORKERS = ("--workers=2", "--", "--run_dir=run")


def test_each_worker_has_the_flags_and_its_share_of_the_cores(begin):
    code, out, _ = end_of(begin("print(*sys.argv[1:])", *WORKERS))
    flags = f"--run_dir=run --threads={max(1, os.cpu_count() // 2)}"
    assert code == 0
    assert sorted(out.splitlines()) == [f"[worker {number}] {flags}" for number in range(2)]


def test_threads_are_those_that_are_asked_for(begin):
    _, out, _ = end_of(begin("print(*sys.argv[1:])", *WORKERS, "--threads=7"))
    assert out.count("--threads") == out.count("--threads=7") == 2


def test_run_train_does_the_same(begin):
    flags = (".", "--run_dir=run", "--workers", "3", "--quiet")
    code, out, _ = end_of(begin("print(*sys.argv[1:3])", *flags, command="supervise"))
    assert code == 0
    assert sorted(out.splitlines()) == [f"[worker {n}] --run_dir=run --quiet" for n in range(3)]


def test_a_crash_of_one_starts_all_again(begin, tmp_path):
    script = """
        if start == 1 and number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        raise SystemExit(75 if start == 1 else 0)
    """
    code, _, err = end_of(begin(script, *WORKERS))
    assert code == 0
    assert [(tmp_path / f"{number}.starts").read_text() for number in range(2)] == ["xx", "xx"]
    assert "starting again in 0.01 s" in err
    assert "starting again" in (tmp_path / "run/run_train.log").read_text()


def test_what_one_finds_to_settle_ends_the_job(begin, tmp_path):
    code, _, err = end_of(begin("print('no', file=sys.stderr); sys.exit(number or 75)", *WORKERS))
    assert code == 1
    assert sorted(err.splitlines()) == ["[worker 0] no", "[worker 1] no"]
    assert (tmp_path / "1.starts").read_text() == "x"


def test_ctrl_c_reaches_each_worker_once_and_ends_the_job(begin, tmp_path):
    script = """
        def note(received, frame):
            with open(f"{number}.signals", "a") as file:
                file.write(signal.Signals(received).name + " ")
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, note)
        open(f"{number}.ready", "w").close()
        while not os.path.exists(f"{number}.signals"):
            time.sleep(0.01)
        time.sleep(0.3)
        raise SystemExit(75)
    """
    job = begin(script, *WORKERS)
    wait_for(*(tmp_path / f"{number}.ready" for number in range(2)))
    os.killpg(job.pid, signal.SIGINT)  # as a terminal sends it
    assert end_of(job)[0] == 75
    assert [(tmp_path / f"{n}.signals").read_text() for n in range(2)] == ["SIGINT "] * 2


def test_no_worker_is_left_where_the_command_is_killed(begin, tmp_path):
    script = """
        open(f"{number}.part", "w").write(str(os.getpid()))
        os.rename(f"{number}.part", f"{number}.pid")
        time.sleep(60)
    """
    job = begin(script, *WORKERS)
    pids = [tmp_path / f"{number}.pid" for number in range(2)]
    wait_for(*pids)
    job.kill()
    job.communicate(timeout=30)
    assert all(has_gone(int(path.read_text())) for path in pids)


@pytest.mark.parametrize("flag", ["--isolation", "--no-isolation"])
def test_the_workers_share_a_network_that_may_be_of_their_own(begin, flag):
    code, out, _ = end_of(begin("print(os.readlink('/proc/self/ns/net'))", flag, *WORKERS))
    assert code == 0
    (network,) = {line.split()[-1] for line in out.splitlines()}
    try_it = "from catdcgan.workers.isolation import isolate_network as i; print(i())"
    allowed = subprocess.run([sys.executable, "-c", try_it], capture_output=True, text=True)
    of_their_own = flag == "--isolation" and allowed.stdout == "True\n"
    assert (network != os.readlink("/proc/self/ns/net")) == of_their_own


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "--workers: nothing; how many"),
        (["--preset=tiny"], "--workers: nothing; how many"),
        (["--workers"], "--workers: nothing; it needs to be a whole number."),
        (["--workers", "--quiet"], "--workers: nothing; it needs to be a whole number."),
        (["--workers=two"], "--workers: two; it needs to be a whole number."),
        (["--workers=0"], "--workers: 0; it needs to be at least 1"),
        (["--workers=2", "--isolation=x"], "--isolation: x; it needs to be true or false."),
        (["--workers=2", "--", "--lr_x=1"], "--lr_x: there is no such flag; did you mean"),
        (["--workers=2", "tiny"], "tiny: an argument without a flag; --flag=value is needed."),
    ],
)
def test_a_mistake_is_one_line(capsys, arguments, line):
    assert launch.main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith(line)
    assert said.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["--workers", "2", "-h", "--", "--quiet"]])
def test_help_explains_the_command(capsys, arguments):
    with pytest.raises(SystemExit, match=r"^0$"):
        launch.main(arguments)
    said = capsys.readouterr().out
    assert "Usage: python -m catdcgan.launch --workers N" in said
    assert "--[no]isolation" in said
