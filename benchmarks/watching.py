"""Measure what watching a run costs: the time of its steps with and without it, in turns.

Usage: python benchmarks/watching.py [--preset tiny] [--steps 300] [--rounds 5]

Every round trains the same steps twice, in processes of their own: once with everything that
watches (numbers in the graph, health, TensorBoard, reports at saves) and once with the graph's
extra numbers left out and everything else switched off. The median of the steps counts, and beside
it the mean, which snapshots and reports belong to.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# Without watching: what the loop asks for besides the update is left out of the graph, as if it
# had never been there.
BARE = """
import sys
from catdcgan import graph, train
from catdcgan.watching import watcher
graph.measure_step = lambda *_: {}
watcher.Watcher.judge = lambda self, step, numbers: {}
watcher.Watcher.note_step = lambda self, step, line, logits: None
watcher.measure_pictures = lambda pictures: None
sys.exit(train.main(sys.argv[1:]))
"""
WATCHED = "import sys; from catdcgan import train; sys.exit(train.main(sys.argv[1:]))"
SETTLING = 20  # steps at the start that do not count: kernels are chosen


def train(program: str, flags: list[str]) -> list[float]:
    """Train aside; return the seconds of each step."""
    with tempfile.TemporaryDirectory(prefix="catdcgan-benchmark-") as folder:
        command = [sys.executable, "-c", program, f"--run_dir={folder}/run", "--quiet", *flags]
        subprocess.run(command, check=True)
        lines = Path(folder, "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["timing"]["seconds"] for line in lines][SETTLING:]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--snapshot_every", type=int, default=100)
    parser.add_argument("--cache_dir")
    asked = parser.parse_args()
    common = [
        f"--preset={asked.preset}",
        f"--max_steps={asked.steps}",
        f"--snapshot_every={asked.snapshot_every}",
    ]
    if asked.cache_dir:
        common.append(f"--cache_dir={asked.cache_dir}")
    ways = {
        "watched": (WATCHED, common),
        "not watched": (BARE, [*common, "--noreport", "--notensorboard"]),
    }
    medians: dict[str, list[float]] = {name: [] for name in ways}
    means: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(asked.rounds):
        order = list(ways) if number % 2 else list(reversed(ways))
        for name in order:
            seconds = train(*ways[name])
            medians[name].append(statistics.median(seconds))
            means[name].append(statistics.mean(seconds))
    print(f"{os.cpu_count()} cores, {asked.rounds} rounds of {asked.steps} steps, {asked.preset}")
    print("| ms a step | median | mean |\n|---|---|---|")
    for name in ways:
        median, mean = statistics.median(medians[name]), statistics.median(means[name])
        print(f"| {name} | {1000 * median:.2f} | {1000 * mean:.2f} |")
    for words, found in (("median", medians), ("mean", means)):
        pairs = zip(found["watched"], found["not watched"], strict=True)
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"{words}: watching takes {100 * (ratio - 1):+.2f} %")


if __name__ == "__main__":
    main()
