"""Measure what saving a `cat128` checkpoint costs, and how long training waits for it.

Usage: python benchmarks/checkpointing.py [--rounds 5] [--folder .]

The weights and Adam's averages of the full networks are saved; the steps beside it have a batch of
2, so that there are enough of them. The plain write is Python's own, of the same bytes, with fsync.
"""

import argparse
import os
import statistics
import tempfile
import time

import numpy as np

from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.settings.resolving import make_config
from in_turns import describe_software, middle

BATCH = 2
STEPS_BETWEEN = 4


def write_plainly(folder: str, count: int) -> float:
    """Return the seconds to write and flush so many bytes."""
    data = np.random.default_rng(0).bytes(count)
    path = os.path.join(folder, "plain")
    began = time.perf_counter()
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    os.remove(path)
    return seconds


def main() -> None:
    """Save while training, several times, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="on the disk to measure (else the system's temporary one)")
    asked = parser.parse_args()
    import_tensorflow()
    import tensorflow as tf

    from catdcgan.checkpoints import variables
    from catdcgan.checkpoints.manifest import Notes
    from catdcgan.checkpoints.pruning import prune
    from catdcgan.graph.training import build_training_graph
    from catdcgan.machine import devices
    from catdcgan.settings.schedule import make_schedule
    from catdcgan.training.saves import Saves

    config = make_config({"batch_size": BATCH})
    graph = build_training_graph(config, devices.compute_dtype("auto"))
    random = np.random.default_rng(0)
    feed = {
        graph.inputs.real_images: random.uniform(-1, 1, (BATCH, 128, 128, 3)),
        graph.inputs.z: random.uniform(-1, 1, (BATCH, config.z_dim)),
        graph.inputs.lr_d: config.lr_d,
        graph.inputs.lr_g: config.lr_g,
        graph.inputs.step: 0,
    }
    found: dict[str, list[float]] = {
        "training waits (the values are copied)": [],
        "written in the background, checksums and fsync included": [],
        "a plain write of the same bytes": [],
        "a step while nothing is saved": [],
        "a step while a checkpoint is written": [],
    }
    waits, writes, plain, quiet_steps, busy_steps = found.values()
    session_config = devices.session_config()
    with (
        tempfile.TemporaryDirectory(dir=asked.folder) as folder,
        tf.compat.v1.Session(graph=graph.graph, config=session_config) as session,
    ):
        session.run(graph.initialize)
        graph.graph.finalize()
        saves = Saves(make_schedule(config, 10**6), config, 0, print)

        def timed_step() -> float:
            began = time.perf_counter()
            session.run((graph.finite, graph.train_g), feed)
            return time.perf_counter() - began

        timed_step()
        for number in range(1, asked.rounds + 1):
            quiet_steps += [timed_step() for _ in range(STEPS_BETWEEN)]
            began = time.perf_counter()
            values = variables.read_values(session, graph.variables)
            waits.append(time.perf_counter() - began)
            count = sum(value.nbytes for value in values.values())

            def write(values=values, number=number) -> None:
                began = time.perf_counter()
                variables.save(values, folder, number, Notes())
                writes.append(time.perf_counter() - began)

            saves.begin(number, write)
            while len(writes) < number:
                busy_steps.append(timed_step())
            saves.wait()
            prune(folder, 1)
            plain.append(write_plainly(folder, count))
        saves.close()
    print(f"{count / 1e6:.0f} MB, {asked.rounds} rounds; {describe_software('tensorflow')}")
    print("\n| | seconds | MB/s |\n|---|---|---|")
    for name, seconds in found.items():
        speed = "" if "step" in name else f"{count / 1e6 / statistics.median(seconds):,.0f}"
        print(f"| {name} | {middle(seconds)} | {speed} |")


if __name__ == "__main__":
    main()
