"""Starts small trainings, hurts them, and compares what they leave with an unhurt one.

A state is everything of a run that must not depend on what happened to it: every variable of its
last checkpoint, the metrics without their timing, the snapshots.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import tensorflow as tf

from tests.conftest import TINY_FLAGS

ROOT = Path(__file__).parent.parent.parent
STEPS = 40
FLAGS = (
    *TINY_FLAGS,
    f"--max_steps={STEPS}",
    "--save_every_epochs=1",
    "--snapshot_every=7",
    "--mirror",
)
LONGEST_LIFE = 9.0  # seconds from the start of a process to the moment it is hurt


def start(data_dir: Path, folder: Path) -> subprocess.Popen:
    """Start the training whose run is `folder`/run."""
    command = [sys.executable, "-m", "catdcgan.train", f"--data_dir={data_dir}", "--run_dir=run"]
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [*command, *FLAGS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(data_dir: Path, folder: Path) -> str:
    """Run the training to its end; return what it wrote to standard error."""
    process = start(data_dir, folder)
    _, error = process.communicate(timeout=300)
    if process.returncode != 0:
        raise RuntimeError(f"exit {process.returncode}: {error}")
    return error


def hurt_at_random(
    data_dir: Path, folder: Path, number: signal.Signals, chance: random.Random
) -> bool:
    """Start the training and send it a signal at a random moment; tell whether it was in time."""
    process = start(data_dir, folder)
    try:
        process.wait(timeout=chance.uniform(0.0, LONGEST_LIFE))
        in_time = False
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        in_time = True
    process.communicate(timeout=60)
    return in_time


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + 120
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.02)


def state_of(folder: Path) -> dict[str, str]:
    """Return a hash of each part of what the finished run in `folder`/run leaves."""
    run = folder / "run"
    state = {}
    reader = tf.train.load_checkpoint(str(run / f"model.ckpt-{STEPS:08d}"))
    for name in reader.get_variable_to_shape_map():
        state[name] = _hash(reader.get_tensor(name).tobytes())
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["timing"]
    state["metrics.jsonl"] = _hash(json.dumps(lines).encode())
    for path in (run / "snapshots").iterdir():
        state[f"snapshots/{path.name}"] = _hash(path.read_bytes())
    state["left-over files"] = " ".join(
        path.name for path in sorted(run.iterdir()) if "temp" in path.name or "tmp" in path.name
    )
    return state


def damage_at_random(folder: Path, chance: random.Random) -> Path:
    """Flip a bit of, shorten, empty or remove a random file of the newest checkpoint."""
    newest = max(path.stem for path in (folder / "run").glob("model.ckpt-*.json"))
    path = chance.choice(sorted((folder / "run").glob(f"{newest}.*")))
    data = bytearray(path.read_bytes())
    kind = chance.choice(["flip", "shorten", "empty", "remove"])
    if kind == "flip":
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == "shorten":
        del data[chance.randrange(len(data)) :]
    else:
        data.clear()
    path.write_bytes(data)
    if kind == "remove":
        path.unlink()
    return path


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
