"""Measure how long commands take to answer, and training to do its first step.

Usage: python benchmarks/start_up.py [--rounds 5]

The measurements take turns; medians with lowest and highest values are printed in Markdown. The
pictures are the drawn cats: "first ever" draws all of them, the others find them in a cache.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from in_turns import describe_software, middle

PYTHON = [sys.executable]
TRAIN = [sys.executable, "-m", "catdcgan.train"]
TINY = ["--preset=tiny", "--cache_dir=cache"]
LONG = 1000  # seconds: nothing here takes so long


def seconds_of(command: list[str], folder: Path) -> float:
    """Return how long a command takes until it has ended."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, timeout=LONG)
    return time.perf_counter() - began


def seconds_to_step(folder: Path, step: int) -> float:
    """Return how long it takes from starting `tiny` until the numbers of `step` are written."""
    metrics = folder / "run/metrics.jsonl"
    began = time.perf_counter()
    training = subprocess.Popen(
        [*TRAIN, *TINY, "--run_dir=run"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while training.poll() is None and time.perf_counter() - began < LONG:
            if metrics.exists() and metrics.read_bytes().count(b"\n") >= step:
                return time.perf_counter() - began
            time.sleep(0.005)
    finally:
        training.terminate()
        training.wait()
    raise RuntimeError(f"training ended before step {step}")


def first_ever(folder: Path) -> float:
    """Return the time to the first step of `tiny`, the drawing of all cats included."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    shutil.rmtree(folder / "run", ignore_errors=True)
    return seconds_to_step(folder, 1)


def first_step(folder: Path) -> float:
    """Return the time to the first step of a new run of `tiny`."""
    shutil.rmtree(folder / "run", ignore_errors=True)
    return seconds_to_step(folder, 1)


def continued(folder: Path) -> float:
    """Return the time to the next step of the run that `first_step` was stopped in."""
    steps = (folder / "run/metrics.jsonl").read_bytes().count(b"\n")
    return seconds_to_step(folder, steps + 1)


def one_step(folder: Path) -> float:
    """Return the median time of the latest steps of `tiny`, the first one left out."""
    lines = (folder / "run/metrics.jsonl").read_text().splitlines()
    seconds = [json.loads(line)["timing"]["seconds"] for line in lines]
    return statistics.median(seconds[1:] or seconds)


WAYS: dict[str, Callable[[Path], float]] = {
    "`--help`": lambda folder: seconds_of([*TRAIN, "--help"], folder),
    "a wrong flag": lambda folder: seconds_of([*TRAIN, "--lr=1"], folder),
    "TensorFlow's import": lambda folder: seconds_of([*PYTHON, "-c", "import tensorflow"], folder),
    "first step, first ever start": first_ever,
    "first step of a new run": first_step,
    "next step of a run that is continued": continued,
    "one step": one_step,
}


def main() -> None:
    """Measure all ways in turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(rounds):
            for way, measure in WAYS.items():
                found[way].append(measure(Path(name)))
                print(f"{way}: {found[way][-1]:.3f} s", file=sys.stderr, flush=True)
    print(f"{rounds} rounds; {describe_software('tensorflow')}\n\n| | seconds |\n|---|---|")
    for way, seconds in found.items():
        print(f"| {way} | {middle(seconds, 3)} |")
    medians = {way: statistics.median(seconds) for way, seconds in found.items()}
    ratio = medians["first step of a new run"] / (
        medians["TensorFlow's import"] + medians["one step"]
    )
    print(f"\nThe first step comes after {ratio:.2f} times (TensorFlow's import + one step).")


if __name__ == "__main__":
    main()
