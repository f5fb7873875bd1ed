"""The commands as a shell starts them: signals, kills, a full disk, the scripts."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import AS_ROOT, TINY_FLAGS

ROOT = Path(__file__).parent.parent
LONG = "--epochs=100000", "--save_every_minutes=0.01"


@pytest.fixture
def start_training(tmp_path, cat_folder):
    """Return a function that starts training in a process of its own."""
    started = []

    def start(*flags):
        command = [sys.executable, "-m", "catdcgan.train", f"--data_dir={cat_folder}"]
        process = subprocess.Popen(
            [*command, "--run_dir=run", *TINY_FLAGS, *flags],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(folder, pattern):
    deadline = time.monotonic() + 120
    while not list(folder.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern}"
        time.sleep(0.05)


def saved_steps(folder):
    return sorted(
        json.loads(path.read_text())["step"]
        for path in folder.glob("run/*.json")
        if path.name != "run.json"
    )


def test_a_signal_saves_and_the_same_command_continues(start_training, tmp_path):
    process = start_training(*LONG)
    wait_for(tmp_path, "run/snapshots/*.jpg")
    process.send_signal(signal.SIGTERM)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 75
    assert "SIGTERM: finishing this step and saving" in shown
    step = saved_steps(tmp_path)[-1]
    assert f"stopped and saved at step {step:,} of" in shown
    shown, _ = start_training(f"--max_steps={step + 1}").communicate(timeout=120)
    assert f"continuing at step {step:,} of {step + 1:,}" in shown
    assert saved_steps(tmp_path)[-1] == step + 1


def test_a_killed_run_continues_from_its_last_checkpoint(start_training, tmp_path):
    process = start_training(*LONG)
    wait_for(tmp_path, "run/model.ckpt-*.json")
    process.kill()
    process.communicate()
    step = saved_steps(tmp_path)[-1]
    process = start_training(f"--max_steps={step + 2}")
    shown, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert f"continuing at step {step:,} of" in shown
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, step + 3))


def test_signals_of_one_wish_save_and_stop(start_training, tmp_path):
    process = start_training(*LONG)
    wait_for(tmp_path, "run/snapshots/*.jpg")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)  # at the end, perhaps, of the process
    process.communicate(timeout=60)
    assert process.returncode == 75
    assert saved_steps(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_a_signal_before_there_is_anything_to_save_stops_too(start_training, tmp_path, number):
    process = start_training(*LONG, "--cache_dir=cache")
    wait_for(tmp_path, "cache/*")  # its pictures are read, and TensorFlow is about to be loaded
    process.send_signal(number)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 75
    assert "Traceback" not in shown


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason=AS_ROOT)
def test_a_folder_that_cannot_be_written_is_one_line(start_training, tmp_path):
    (tmp_path / "run").mkdir(mode=0o500)
    process = start_training("--max_steps=1")
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert shown.strip().splitlines()[-1].endswith("are needed.")


def test_the_terminal_sees_nothing_of_tensorflow(start_training):
    shown, _ = start_training("--max_steps=1", "--deterministic").communicate(timeout=120)
    first_words = {line.split()[0] for line in shown.splitlines() if line.strip()}
    assert first_words <= {
        "run",
        "pictures",
        "mirrored",
        "networks",
        "steps",
        "device",
        "without",
        "step",
        "finished",
    }


def test_the_script_uses_an_environment_that_has_the_package(tmp_path):
    environment = Path(sys.prefix)
    installed = [
        sys.executable,
        "-I",
        "-c",
        "import importlib.metadata as m; m.version('catdcgan')",
    ]
    if subprocess.run(installed, capture_output=True).returncode:
        pytest.skip("the package is not installed in the environment that runs the tests")
    help_shown = subprocess.run(
        [ROOT / "run_train.sh", "--help"],
        cwd=tmp_path,
        env={**os.environ, "VIRTUAL_ENV": str(environment)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert help_shown.returncode == 0
    assert help_shown.stdout.startswith("Train a DCGAN on pictures of cats.")
