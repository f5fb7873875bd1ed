"""Small commands as processes, with standard streams that a shell can hand to them."""

import os
import subprocess
import sys

import pytest

LISTS = "print('line ' * 5000)"
WORKS = (
    "from catdcgan.console.streams import outlive_readers\n    outlive_readers()\n"
    "    print('line ' * 5000)\n    print('x', file=sys.stderr)\n"
    "    file = open('left', 'w')\n    os.system('echo noise >&2')\n    file.write('done')"
)


def run(folder, work, shell, unbuffered=""):
    """Run a command in a shell that does something with its streams; return what came of it."""
    (folder / "command.py").write_text(
        "import os, sys\nfrom catdcgan.console import exits\n"
        f"def command(arguments):\n    {work}\n    return 0\n"
        "sys.exit(exits.run(command, None))\n"
    )
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} command.py {shell}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_list_that_nobody_reads_on_ends_quietly(tmp_path, unbuffered):
    done = run(tmp_path, LISTS, "| true", unbuffered)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_list_that_a_full_disk_refuses_ends_with_one_line(tmp_path):
    done = run(tmp_path, LISTS, ">/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("standard output: No space left on device;")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "shell", [">&-", "2>&-", ">&- 2>&- <&-", ">/dev/full 2>&1", "| true", "2>&1 | true"]
)
def test_work_goes_on_whoever_listens(tmp_path, shell):
    assert run(tmp_path, WORKS, shell).returncode == 0
    # What the system's libraries say does not end up in a file that has taken a stream's place.
    assert (tmp_path / "left").read_text() == "done"
