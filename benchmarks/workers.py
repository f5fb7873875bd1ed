"""Measure what it costs that several workers on this machine share a batch.

Usage: python benchmarks/workers.py [--preset cat64] [--base_filters 32] [--batch_size 16]
       python benchmarks/workers.py --sizes 1000 1000000 40000000

The first measures steps of a fixed batch by 1, 2 and 4 workers, whose threads together are the
cores of this machine: batch norm by the whole batch and by each one's part. The second measures the
sum over workers by its size. The ways take turns; every number is of worker 0.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.workers.group import Group
from in_turns import describe_machine, describe_software, measure, middle

COUNTS = 1, 2, 4
NORMS = "sync", "local"
PICTURES = 256
SETTLING = 3
REPORT = "WORKERS_REPORT"  # the environment's name for the file that worker 0 writes


def main() -> int:
    """Measure, and print tables in Markdown; as a worker, or as what starts them, do that."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="cat64")
    parser.add_argument("--base_filters", type=int, default=32)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of a sum, instead of steps")
    parser.add_argument("--of", choices=("group", "worker"), help="for this program itself")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--norm", default="sync")
    asked = parser.parse_args()
    if asked.of == "group":
        return _start_workers(asked)
    if asked.of == "worker":
        return _sum(asked) if asked.sizes else _step(asked)
    given = sys.argv[1:]
    counts = COUNTS[1:] if asked.sizes else COUNTS
    ways = {
        f"{count} workers, {norm}": [
            *(Path(__file__).name, *given, "--of=group", f"--workers={count}", f"--norm={norm}")
        ]
        for count in counts
        for norm in (NORMS if count > 1 and not asked.sizes else NORMS[:1])
    }
    found = measure(ways, asked.rounds, Path(__file__).parent)
    print(f"\n{describe_machine()}; {asked.rounds} rounds; ", end="")
    print(describe_software("tensorflow", "numpy"))
    if asked.sizes:
        print("\n| numbers | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
        for index, size in enumerate(asked.sizes):
            cells = [
                middle([1000 * one["seconds"][index] for one in reports])
                for reports in found.values()
            ]
            print(f"| {size:,} | " + " | ".join(f"{cell} ms" for cell in cells) + " |")
        return 0
    print("\n| | s a step | of one worker's |\n|---|---|---|")
    medians = {
        name: [statistics.median(one["seconds"]) for one in reports]
        for name, reports in found.items()
    }
    alone = statistics.median(next(iter(medians.values())))
    for name, seconds in medians.items():
        print(f"| {name} | {middle(seconds)} | {statistics.median(seconds) / alone:.2f} |")
    return 0


def _start_workers(asked: argparse.Namespace) -> int:
    command = [sys.executable, *sys.argv[:-3], "--of=worker", *sys.argv[-2:]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report")
        environment = {**os.environ, REPORT: str(path)}
        if asked.workers == 1:
            code = subprocess.run(command, env=environment).returncode
        else:
            code = Group(command, asked.workers, environment).wait()
        if not code:
            print(path.read_text())
    return code


def _open_team(asked: argparse.Namespace):
    import_tensorflow()
    from catdcgan.machine import devices
    from catdcgan.workers.cluster import find_cluster
    from catdcgan.workers.team import Alone, Team

    threads = max(1, (os.cpu_count() or 1) // asked.workers)
    config = devices.session_config(threads)
    if asked.workers == 1:
        return Alone(), config
    team = Team(find_cluster(), config, silence=300)
    team.meet(300)
    return team, config


def _step(asked: argparse.Namespace) -> int:
    team, session_config = _open_team(asked)
    import tensorflow as tf

    from catdcgan.graph.placement import place_replicas
    from catdcgan.graph.training import build_training_graph
    from catdcgan.settings.resolving import make_config
    from catdcgan.settings.schedule import make_schedule
    from catdcgan.training.stepping import Stepping

    sizes = {"base_filters": asked.base_filters, "batch_size": asked.batch_size}
    config = make_config({"preset": asked.preset, **sizes})
    shape = (PICTURES, config.image_size, config.image_size, config.channels)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    placement = place_replicas(
        config.batch_size,
        ["/device:CPU:0"],
        team.index,
        team.size,
        normalises_jointly=asked.norm == "sync",
    )
    graph = build_training_graph(config, tf.as_dtype(asked.precision), placement)
    schedule = make_schedule(config, PICTURES)
    steps = Stepping(config, graph, images, schedule, session_config, team)
    seconds = []
    with steps.open_session() as session:
        session.run(graph.initialize)
        steps.spread_values(session)
        for step in range(SETTLING + asked.steps):
            feed = steps.feeds.make(step)
            began = time.perf_counter()
            steps.run(session, step, feed)
            seconds.append(time.perf_counter() - began)
    return _end(team, seconds[SETTLING:])


def _sum(asked: argparse.Namespace) -> int:
    team, session_config = _open_team(asked)
    import tensorflow as tf

    from catdcgan.layers.replicas import Replica

    seconds = []
    with tf.Graph().as_default() as graph:
        with tf.device(f"/job:worker/replica:0/task:{team.index}/device:CPU:0"):
            replica = Replica(team.index, team.size, team.size)
            sums = [replica.total(tf.ones([size])) for size in asked.sizes]
        session = team.open_session(graph, session_config)
        for total in sums:
            took = []
            for _ in range(SETTLING + asked.steps):
                began = time.perf_counter()
                session.run(total.op)
                took.append(time.perf_counter() - began)
            seconds.append(statistics.median(took[SETTLING:]))
    return _end(team, seconds)


def _end(team, seconds: list[float]) -> int:
    team.leave(0)
    if team.index == 0:
        Path(os.environ[REPORT]).write_text(json.dumps({"seconds": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
