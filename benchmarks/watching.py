"""Measure what watching a run costs: steps with and without it, in turns, in one process.

Usage: python benchmarks/watching.py [--preset tiny] [--pairs 100] [--batch_size 16]

Each pair is two steps on the same pictures: one that fetches the losses and what D believes, as
any GAN's loop does, and one that fetches all numbers and hands them to the watcher. Which goes
first changes from pair to pair. Then what is done now and then: a snapshot's numbers and events,
the pages (report.html and losses.png), the film.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from catdcgan.graph.training import build_training_graph
from catdcgan.machine import devices
from catdcgan.machine.arithmetic import describe_arithmetic
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.record import Pictures, begin_record
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.storage.outbox import Outbox
from catdcgan.training.job import Job
from catdcgan.training.loop import Training
from catdcgan.training.watcher import Watcher
from catdcgan.watching.film import make_film
from catdcgan.watching.report import State
from catdcgan.workers.team import Alone

PICTURES = 512
SETTLING = 3  # pairs at the start that do not count: kernels are chosen
SNAPSHOTS = 20


class Cost(NamedTuple):
    """What a call takes: seconds, and seconds of processor time in all threads.

    The processor time is the one to go by where other programs are at work on the machine.
    """

    wall: float
    processor: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Return what a call takes."""
    began = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - began[0], time.process_time() - began[1])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--batch_size", type=int)
    asked = parser.parse_args()
    given = {"preset": asked.preset}
    if asked.batch_size:
        given["batch_size"] = asked.batch_size
    config = make_config(given)
    size = config.image_size
    images = np.random.default_rng(0).integers(0, 256, (PICTURES, size, size, 3), np.uint8)
    dtype = devices.compute_dtype(config.precision)
    graph = build_training_graph(config, dtype)
    schedule = make_schedule(config, PICTURES)
    threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="catdcgan-benchmark-") as folder:
        run = RunDirectory(folder)
        arithmetic = describe_arithmetic(threads, dtype.name)
        record = begin_record(config, Pictures("noise", PICTURES, ""), arithmetic)
        job = Job(
            config,
            graph,
            images,
            schedule,
            run,
            record,
            RunLog(quiet=True),
            devices.session_config(threads),
            Alone(),
        )
        training, outbox = Training(job), Outbox(job.log.say)
        told = [graph.numbers[name] for name in ("d_loss", "g_loss", "d_real", "d_fake")]
        bare = (*told, graph.finite, graph.train_g)
        with training.steps.open_session() as session:
            training.start(session, None)
            watcher = Watcher(job, images[:64], 0)

            def step_watched(step: int, feed: dict) -> None:
                metrics, logits = training.steps.run(session, step, feed)
                health = watcher.judge(step, metrics)
                watcher.note_step(step, {**metrics, **health, "timing": {}}, logits)

            def step_bare(step: int, feed: dict) -> None:
                session.run(bare, feed)

            ways = {"not watched": step_bare, "watched": step_watched}
            costs: dict[str, list[Cost]] = {name: [] for name in ways}
            for pair in range(SETTLING + asked.pairs):
                feed = training.steps.feeds.make(pair)
                for name in ways if pair % 2 else reversed(ways):
                    took = cost_of(lambda name=name, feed=feed, pair=pair: ways[name](pair, feed))
                    if pair >= SETTLING:
                        costs[name].append(took)

            pictures, sheet = training.render_snapshot(session)
            rendering = cost_of(lambda: training.render_snapshot(session))
            logits = training.steps.run(session, 0, training.steps.feeds.make(0))[1]
            for number in range(SNAPSHOTS):
                outbox.write(run.snapshot(100 * (number + 1)), sheet)

            def snapshot() -> None:
                numbers = watcher.measure(pictures, sheet)
                watcher.note_step(asked.pairs, {**numbers, "timing": {}}, logits)

            measuring = cost_of(snapshot)
            pages = [
                cost_of(lambda: watcher._write_pages(State("training", asked.pairs)))
                for _ in range(2)
            ]
            film = cost_of(lambda: make_film(find_snapshots(run.snapshots), folder))
            watcher.close()
    print(
        f"{config.preset}, batch {config.batch_size}, {threads} cores, {asked.pairs} pairs of steps"
    )
    for kind in Cost._fields:
        values = {name: [getattr(cost, kind) for cost in costs[name]] for name in ways}
        pairs = zip(values["watched"], values["not watched"], strict=True)
        low, ratio, high = statistics.quantiles([one / other for one, other in pairs], n=4)
        shown = ", ".join(
            f"{name} {1000 * statistics.median(found):.2f} ms" for name, found in values.items()
        )
        print(f"a step, {kind}: {shown}; ratio {ratio:.4f} (quartiles {low:.4f}, {high:.4f})")
    for name, cost in {
        "rendering a snapshot": rendering,
        "measuring a snapshot": measuring,
        "the pages, the first time": pages[0],
        "the pages from then on": pages[1],
        f"the film of {SNAPSHOTS} snapshots": film,
    }.items():
        print(f"{name}: {cost.wall:.3f} s, {cost.processor:.3f} s of processor time")


if __name__ == "__main__":
    main()
