"""Measure rendering by a `cat128` generator beside PyTorch, and the whole command.

Usage: python benchmarks/sampling.py [--num 256] [--rounds 3]

PyTorch renders with its averages too, in chunks of the same size, in its quickest mode. The command
(`python -m catdcgan.sample --num N`) also starts, restores, encodes and writes N JPEG files.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from in_turns import describe_software, measure, middle, report

WAYS = ["this project", "PyTorch", "this project, the whole command"]


def render_ours(num: int) -> float:
    """Return images/s of this project's renderer, at the precision it chooses itself."""
    from catdcgan.machine.tensorflow_import import import_tensorflow
    from catdcgan.settings.resolving import make_config

    import_tensorflow()
    import tensorflow as tf

    from catdcgan.graph.sampling import build_sampling_graph
    from catdcgan.machine import devices
    from catdcgan.sampling.rendering import CHUNK, render_chunks

    config = make_config({})
    graph = build_sampling_graph(config, devices.compute_dtype("auto"))
    with (
        graph.graph.as_default(),
        tf.compat.v1.Session(config=devices.session_config()) as session,
    ):
        session.run(tf.compat.v1.global_variables_initializer())

        def render(count: int) -> None:
            for _ in render_chunks(session, graph.z, graph.samples, range(count), config):
                pass

        return _rate(render, num, CHUNK)


def render_pytorch(num: int) -> float:
    """Return images/s of the same generator in PyTorch: channels last, bfloat16."""
    import torch

    from catdcgan.sampling.rendering import CHUNK
    from step_rivals.pytorch import Generator

    network = Generator(100, 128, 64).to(memory_format=torch.channels_last).eval()
    random = np.random.default_rng(0)

    def render(count: int) -> None:
        for _ in range(0, count, CHUNK):
            z = torch.from_numpy(random.uniform(-1, 1, (CHUNK, 100)).astype(np.float32))
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                pictures = network(z).float()
            (pictures * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8).numpy()

    return _rate(render, num, CHUNK)


def run_command(num: int) -> float:
    """Return images/s of the whole command, its start included."""
    with tempfile.TemporaryDirectory() as name:
        run = [sys.executable, "-m", "catdcgan.train", "--run_dir=run", "--cache_dir=cache"]
        run += ["--max_steps=1", "--batch_size=2", "--snapshot_grid=1x1"]
        subprocess.run(run, cwd=name, check=True, capture_output=True)
        sample = [sys.executable, "-m", "catdcgan.sample", "--run_dir=run", f"--num={num}"]
        began = time.perf_counter()
        subprocess.run([*sample, "--out=out"], cwd=name, check=True, capture_output=True)
        return num / (time.perf_counter() - began)


def _rate(render, num: int, chunk: int) -> float:
    render(2 * chunk)
    began = time.perf_counter()
    render(num)
    return num / (time.perf_counter() - began)


def main() -> None:
    """Measure one way in this process, or all of them in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        way = dict(zip(WAYS, [render_ours, render_pytorch, run_command], strict=True))[asked.one]
        report(rate=way(asked.num))
        return
    commands = {way: [__file__, f"--num={asked.num}", f"--one={way}"] for way in WAYS}
    reports = measure(commands, asked.rounds, Path(__file__).parent.resolve())
    print(f"{asked.num} pictures, {asked.rounds} rounds; ", end="")
    print(describe_software("tensorflow", "torch"))
    print("\n| | images/s | memory, GiB |\n|---|---|---|")
    for way, found in reports.items():
        memory = middle([one["memory"] / 2**30 for one in found], 2)
        print(f"| {way} | {middle([one['rate'] for one in found])} | {memory} |")


if __name__ == "__main__":
    main()
