"""Measure what training spends besides its steps, by running it.

Usage: python benchmarks/around_the_step.py [--preset cat128] [--steps 8]

The step itself is what the session runs, the guard against NaN included. Everything else (batches,
log, metrics, events, health) is what the loop takes beyond that. A snapshot and a save are timed by
themselves and shared out over the steps between two of them, as the preset has them.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from typing import Any, NamedTuple

from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.settings.config import Config
from catdcgan.settings.resolving import make_config
from in_turns import describe_software

STEP, SNAPSHOT, SAVE = "run", "_take_snapshot", "_begin_save"


class Call(NamedTuple):
    """When one of the loop's functions ran, in seconds of a clock."""

    name: str
    began: float
    ended: float


def main() -> None:
    """Train a few steps with clocks in the loop, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="cat128")
    parser.add_argument("--steps", type=int, default=8)
    asked = parser.parse_args()
    import_tensorflow()
    from catdcgan import train
    from catdcgan.training.loop import Training
    from catdcgan.training.recording import Recording
    from catdcgan.training.stepping import Stepping

    calls: list[Call] = []

    def clocked(owner: type, name: str) -> None:
        method = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*arguments, **options)
            finally:
                calls.append(Call(name, began, time.perf_counter()))

        setattr(owner, name, timed)

    for owner, name in ((Stepping, STEP), (Training, SNAPSHOT), (Recording, SAVE)):
        clocked(owner, name)
    with tempfile.TemporaryDirectory() as folder:
        flags = [f"--preset={asked.preset}", f"--max_steps={asked.steps}", "--noreport"]
        flags += [f"--run_dir={folder}/run", f"--snapshot_every={asked.steps - 2}"]
        train.main([*flags, "--save_every_minutes=0.01"])
    _print_table(make_config({"preset": asked.preset}), calls)


def _print_table(config: Config, calls: list[Call]) -> None:
    def seconds(name: str) -> float:
        return statistics.median(call.ended - call.began for call in calls if call.name == name)

    # What lies between one call and the next is nobody's but the loop's; the first step chooses
    # kernels, and after the last one the run ends.
    gaps: list[float] = []
    for call, following in itertools.pairwise(calls):
        gap = following.began - call.ended
        if call.name == STEP:
            gaps.append(gap)
        elif gaps:
            gaps[-1] += gap
    everything_else = statistics.median(gaps[1:-1])
    step, snapshot, save = seconds(STEP), seconds(SNAPSHOT), seconds(SAVE)
    steps_a_save = max(60 * config.save_every_minutes / step, 1)
    rows = {
        "a step": (step, 1.0),
        "batches, log, metrics, events, health": (everything_else, 1.0),
        f"a snapshot, every {config.snapshot_every} steps": (snapshot, config.snapshot_every),
        f"a save, every {config.save_every_minutes:g} minutes": (save, steps_a_save),
    }
    print(f"\n{config.preset}; {describe_software('tensorflow')}")
    print("\n| | seconds | share of a step |\n|---|---|---|")
    total = 0.0
    for name, (taken, steps) in rows.items():
        share = taken / steps / step
        total += share
        print(f"| {name} | {taken:.4f} | {100 * share:.2f} % |")
    print(f"\nBesides the step: {100 * (total - 1):.2f} % of its time.")


if __name__ == "__main__":
    main()
