"""Measure images/s and memory over batch, picture and network sizes, and over the length of a run.

Usage: python benchmarks/scaling.py [--rounds 3]

Every size is a process of its own. The long run is one of small pictures; its memory is read while
it trains.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from in_turns import Report, describe_software, measure, middle

BASE = {"batch_size": 16, "image_size": 64, "base_filters": 32}
OVER = {
    "batch_size": (4, 16, 64, 256),
    "image_size": (32, 64, 128, 256),
    "base_filters": (8, 16, 32, 64),
}
LONG_RUN = ["--preset=tiny", "--image_size=32", "--base_filters=8", "--snapshot_every=200"]
STEPS = (200, 500, 1000, 2000, 4000)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{rounds} rounds; {describe_software('tensorflow')}")
    for name, values in OVER.items():
        others = ", ".join(f"{other} {BASE[other]}" for other in BASE if other != name)
        commands = {str(value): _command({**BASE, name: value}) for value in values}
        reports = measure(commands, rounds, Path(__file__).parent.resolve())
        print(f"\n| {name} ({others}) | images/s | memory, GiB |\n|---|---|---|")
        for value, found in reports.items():
            batch_size = int(value) if name == "batch_size" else BASE["batch_size"]
            print(f"| {value} | {_images_a_second(found, batch_size)} | {_memory(found)} |")
    print("\n| steps of one long run | memory, MiB |\n|---|---|")
    for step, memory in memory_over_steps().items():
        print(f"| {step:,} | {memory / 2**20:,.0f} |")


def memory_over_steps() -> dict[int, int]:
    """Return the memory of a training process, in bytes, after some numbers of steps (Linux)."""
    found: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        flags = [*LONG_RUN, f"--max_steps={STEPS[-1] + 1}", "--epochs=1000"]
        flags += ["--save_every_epochs=1", "--run_dir=run", "--cache_dir=cache"]
        training = subprocess.Popen(
            [sys.executable, "-m", "catdcgan.train", *flags],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        metrics = Path(folder) / "run/metrics.jsonl"
        while len(found) < len(STEPS) and training.poll() is None:
            time.sleep(0.1)
            done = metrics.read_bytes().count(b"\n") if metrics.exists() else 0
            if done >= STEPS[len(found)]:
                found[done] = _resident(training.pid)
        training.terminate()
        training.wait()
    return found


def _command(sizes: dict[str, int]) -> list[str]:
    flags = [f"--{name}={value}" for name, value in sizes.items()]
    return ["-m", "step_rivals.ours", "--warm_up=2", "--steps=5", *flags]


def _images_a_second(found: list[Report], batch_size: int) -> str:
    return middle([batch_size / statistics.median(one["seconds"]) for one in found])


def _memory(found: list[Report]) -> str:
    return f"{statistics.median(one['memory'] for one in found) / 2**30:.2f}"


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
