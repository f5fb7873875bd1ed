"""Measure what training spends besides its steps, by running it.

Usage: python benchmarks/around_the_step.py [--preset cat128] [--steps 8]

The step itself is what the session runs, the guard against NaN included. Everything else (batches,
log, metrics, events, health) is what the loop takes beyond that. A snapshot and a save are timed by
themselves and shared out over the steps between two of them, as the preset has them.
"""

import argparse
import statistics
import tempfile
import time
from typing import Any

from catdcgan.config import Config, make_config
from catdcgan.quiet_import import import_tensorflow
from in_turns import describe_software


def main() -> None:
    """Train a few steps with clocks in the loop, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="cat128")
    parser.add_argument("--steps", type=int, default=8)
    asked = parser.parse_args()
    import_tensorflow()
    from catdcgan import train, training_loop

    spent: dict[str, list[float]] = {}

    def clocked(name: str) -> None:
        method = getattr(training_loop.Training, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*arguments, **options)
            finally:
                spent.setdefault(name, []).append(time.perf_counter() - began)
                ends.setdefault(name, []).append(time.perf_counter())

        setattr(training_loop.Training, name, timed)

    ends: dict[str, list[float]] = {}
    for name in ("run_step", "_take_snapshot", "_begin_save"):
        clocked(name)
    with tempfile.TemporaryDirectory() as folder:
        flags = [f"--preset={asked.preset}", f"--max_steps={asked.steps}", "--noreport"]
        flags += [f"--run_dir={folder}/run", f"--snapshot_every={asked.steps - 2}"]
        train.main([*flags, "--save_every_minutes=0.01"])
    _print_table(make_config({"preset": asked.preset}), spent, ends["run_step"])


def _print_table(config: Config, spent: dict[str, list[float]], ends: list[float]) -> None:
    # The first steps choose kernels; the last ones have a snapshot and the end of the run.
    step = statistics.median(spent["run_step"][2:])
    between = [
        later - earlier - inside
        for earlier, later, inside in zip(ends, ends[1:], spent["run_step"][1:], strict=False)
    ]
    everything_else = statistics.median(between)
    snapshot = statistics.median(spent["_take_snapshot"])
    save = statistics.median(spent["_begin_save"])
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
    for name, (seconds, steps) in rows.items():
        share = seconds / steps / step
        total += share
        print(f"| {name} | {seconds:.4f} | {100 * share:.2f} % |")
    print(f"\nBesides the step: {100 * (total - 1):.2f} % of its time.")


if __name__ == "__main__":
    main()
