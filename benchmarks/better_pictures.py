"""Measure what averages, augmentation, other losses and norms cost: steps in turns, in one process.

Usage: python benchmarks/better_pictures.py [--preset cat64] [--base_filters 32] [--rounds 30]

In each round every way does one step on the same pictures, the first of them another one each
time. A way's figure is the ratio of its step to the plain one of the same round: median and
quartiles, of the time that passes and of processor time, which is the one to go by where other
programs are at work.
"""

import argparse
import contextlib
import os
import statistics
import time

import numpy as np

from catdcgan.graph.training import build_training_graph
from catdcgan.machine import devices
from catdcgan.settings.config import AUGMENTATIONS
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.training.stepping import Stepping
from catdcgan.workers.team import Alone

PICTURES = 512
SETTLING = 3  # rounds at the start that do not count: kernels are chosen
PLAIN = {"ema_decay": 0.0, "augment": "off", "mirror": False}
WAYS = {
    "plain": {},
    "averages": {"ema_decay": 0.999},
    "mirroring": {"mirror": True},
    "augmentation": {"augment": ",".join(AUGMENTATIONS)},
    "averages, mirroring, augmentation": {
        "ema_decay": 0.999,
        "mirror": True,
        "augment": ",".join(AUGMENTATIONS),
    },
    "relativistic loss": {"loss": "relativistic_hinge"},
    "R1": {"r1_gamma": 1.0},
    "spectral norm": {"d_norm": "spectral"},
    "variation told": {"minibatch_stddev": True},
    "resizing": {"upsampling": "resize"},
}


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="cat64")
    parser.add_argument("--base_filters", type=int, default=32)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    asked = parser.parse_args()
    chosen = list(dict.fromkeys(["plain", *asked.ways]))
    threads = os.cpu_count() or 1
    seconds: dict[str, list[tuple[float, float]]] = {way: [] for way in chosen}
    with contextlib.ExitStack() as stack:
        steps = {way: _open(stack, asked, WAYS[way], threads) for way in chosen}
        for number in range(SETTLING + asked.rounds):
            first = number % len(chosen)
            for way in chosen[first:] + chosen[:first]:
                began = time.perf_counter(), time.process_time()
                steps[way](number)
                took = time.perf_counter() - began[0], time.process_time() - began[1]
                if number >= SETTLING:
                    seconds[way].append(took)
    sizes = f"{asked.preset}, base_filters {asked.base_filters}, batch {asked.batch_size}"
    print(f"{sizes}, {threads} cores, {asked.rounds} rounds\n")
    print("| way | s a step | ratio | ratio of processor time |\n|---|---|---|---|")
    for way in chosen:
        ratios = [_compare(seconds[way], seconds["plain"], kind) for kind in (0, 1)]
        median = statistics.median(took for took, _ in seconds[way])
        print(f"| {way} | {median:.3f} | {ratios[0]} | {ratios[1]} |", flush=True)


def _open(stack: contextlib.ExitStack, asked: argparse.Namespace, settings: dict, threads: int):
    """Return a function that does step number `step` in one way."""
    sizes = {"base_filters": asked.base_filters, "batch_size": asked.batch_size}
    config = make_config({"preset": asked.preset, **sizes, **PLAIN, **settings})
    shape = (PICTURES, config.image_size, config.image_size, config.channels)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    graph = build_training_graph(config, devices.compute_dtype(config.precision))
    schedule = make_schedule(config, PICTURES)
    session_config = devices.session_config(threads)
    steps = Stepping(config, graph, images, schedule, session_config, Alone())
    session = stack.enter_context(steps.open_session())
    session.run(graph.initialize)
    return lambda step: steps.run(session, step, steps.feeds.make(step))


def _compare(ours: list[tuple[float, float]], plain: list[tuple[float, float]], kind: int) -> str:
    ratios = [one[kind] / other[kind] for one, other in zip(ours, plain, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
