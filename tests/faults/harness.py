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
from typing import NamedTuple

import tensorflow as tf

from catdcgan.machine.tensorflow_import import ONEDNN_SWITCH

ROOT = Path(__file__).parent.parent.parent
STEPS = 40
# Wide enough for the operations of real runs: those of two or three filters are others.
FLAGS = (
    *("--preset=tiny", "--image_size=32", "--base_filters=8", "--batch_size=8"),
    *(f"--max_steps={STEPS}", "--save_every_epochs=1", "--snapshot_every=7", "--snapshot_grid=4x4"),
    *("--evaluate_every=0", "--noreport", "--notensorboard"),
)
CONFIGURATIONS = {  # each kind of layer, norm, loss, average and augmentation is in one of them
    "transposed": (
        *("--upsampling=transposed", "--d_norm=batch", "--loss=non_saturating"),
        *("--precision=float32", "--augment=off"),
    ),
    "resize": (
        *("--upsampling=resize", "--d_norm=spectral", "--loss=hinge", "--minibatch_stddev"),
        *("--precision=float32", "--augment=color,translation,cutout", "--r1_gamma=1"),
    ),
    "inner": (
        *("--upsampling=transposed", "--d_norm=inner", "--loss=relativistic"),
        *("--precision=float32", "--lr_anneal=0.5", "--mirror", "--threads=1"),
    ),
    "bare": (
        *("--upsampling=resize", "--d_norm=none", "--loss=least_squares", "--ema_decay=0"),
        *("--precision=float32", "--noshuffle"),
    ),
    "bfloat16": (
        *("--upsampling=transposed", "--d_norm=batch", "--loss=relativistic_hinge"),
        *("--precision=bfloat16", "--r1_gamma=0.5"),
    ),
    "grey": (
        *("--upsampling=resize", "--d_norm=batch", "--loss=relativistic_least_squares"),
        *("--precision=float32", "--channels=1", "--lr_decay=0.01"),
    ),
}
SWITCHES = None, "0", "1"  # of oneDNN; None is an environment that says nothing
AT_ANY_TIME = 0.2  # of the hurts, while it begins; the others come after a random step
SECONDS_TO_BEGIN = 6.0
SECONDS_A_STEP = 0.15  # and more, so that what follows a step is met too


class Patient(NamedTuple):
    """A training: what it is of, where its folder `run` is, and under which switch it begins."""

    configuration: str
    pictures: Path
    folder: Path
    switch: str | None

    def start(self) -> subprocess.Popen:
        """Start it, or go on with it: then the switch is left for the run to remember."""
        where = [f"--data_dir={self.pictures}", "--run_dir=run"]
        command = [sys.executable, "-m", "catdcgan.train", *where, *FLAGS]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop(ONEDNN_SWITCH, None)
        if self.switch is not None and not (self.folder / "run/run.json").exists():
            environment[ONEDNN_SWITCH] = self.switch
        self.folder.mkdir(parents=True, exist_ok=True)
        return self._run([*command, *CONFIGURATIONS[self.configuration]], environment)

    def sample(self) -> bytes:
        """Return a sheet of the seeds of its snapshots, rendered under an unset switch."""
        command = [sys.executable, "-m", "catdcgan.sample", "--run_dir=run"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop(ONEDNN_SWITCH, None)
        _end(self._run([*command, "--seeds=0-15", "--grid=4x4", "--out=samples"], environment))
        return (self.folder / "samples/grid00000000-00000015.jpg").read_bytes()

    def finish(self) -> dict[str, str]:
        """Run it to its end; return its state."""
        _end(self.start())
        return state_of(self.folder)

    def hurt(self, number: signal.Signals, chance: random.Random) -> bool:
        """Start it and send a signal at a random moment; tell whether it was in time."""
        heard = self._log_size()
        process = self.start()
        moment = chance.uniform(0.0, SECONDS_TO_BEGIN)
        if chance.random() > AT_ANY_TIME:
            step = chance.randrange(STEPS)
            while (self._log_size() <= heard or self._steps() < step) and process.poll() is None:
                time.sleep(0.002)
            moment = chance.uniform(0.0, SECONDS_A_STEP)
        try:
            process.wait(timeout=moment)
            in_time = False
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            in_time = True
        process.communicate(timeout=60)
        return in_time

    def _run(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _log_size(self) -> int:
        log = self.folder / "run/train.log"
        return log.stat().st_size if log.exists() else 0

    def _steps(self) -> int:
        metrics = self.folder / "run/metrics.jsonl"
        return metrics.read_bytes().count(b"\n") if metrics.exists() else 0


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


def _end(process: subprocess.Popen) -> None:
    _, error = process.communicate(timeout=300)
    if process.returncode != 0:
        raise RuntimeError(f"exit {process.returncode}: {error}")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
