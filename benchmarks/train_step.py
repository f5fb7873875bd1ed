"""Measure a training step of `cat128` beside its rivals and the machine's limit.

Usage: python benchmarks/train_step.py [--batch_sizes 64 32] [--rounds 3] [--only TEXT]

Every measurement is a process of its own; the ways take turns, round by round, and a table of
medians with lowest and highest values is printed in Markdown. The rivals want
`pip install '.[benchmarks]'`.
"""

import argparse
import statistics
import sys
from pathlib import Path

from in_turns import Report, describe_software, measure, middle

WAYS = {
    "this project, bfloat16": ("ours", "bfloat16"),
    "this project, float32": ("ours", "float32"),
    "loop of 2018 on tf.layers, float32": ("original", "float32"),
    "PyTorch eager, channels last, bfloat16": ("pytorch", "eager, channels last, bfloat16"),
    "PyTorch compiled, channels last, bfloat16": ("pytorch", "compiled, channels last, bfloat16"),
    "PyTorch eager, bfloat16": ("pytorch", "eager, bfloat16"),
    "PyTorch compiled, bfloat16": ("pytorch", "compiled, bfloat16"),
    "PyTorch eager, channels last, float32": ("pytorch", "eager, channels last, float32"),
    "PyTorch compiled, channels last, float32": ("pytorch", "compiled, channels last, float32"),
    "PyTorch eager, float32": ("pytorch", "eager, float32"),
    "Keras 3, mixed_bfloat16": ("keras3", "mixed_bfloat16"),
    "Keras 3, float32": ("keras3", "float32"),
}
PRODUCTS = {f"matrix product, {precision}": precision for precision in ("bfloat16", "float32")}


def step_work(image_size: int, base_filters: int, z_dim: int, shared: bool = True) -> int:
    """Return the multiply-adds of a training step, an image.

    Args:
        shared: whether G's forward pass serves both updates; in 2018's two runs it does not.
    """
    n, kernel = base_filters, 5 * 5
    first = image_size // 16
    generator = z_dim * first * first * 16 * n + kernel * image_size**2 * n * 3
    for side, before, after in ((1, 16, 8), (2, 8, 4), (4, 4, 2), (8, 2, 1)):
        generator += kernel * (first * side) ** 2 * before * n * after * n
    to_pictures = kernel * (first * 8) ** 2 * 3 * n  # D's first layer
    discriminator = to_pictures + first * first * 16 * n
    for side, before, after in ((4, 1, 2), (2, 2, 4), (2, 4, 8), (1, 8, 16)):
        discriminator += kernel * (first * side) ** 2 * before * n * after * n
    # Forward, gradient of the inputs, gradient of the weights: one pass of the network each. D's
    # update wants no gradient of the pictures.
    d_update = 2 * (3 * discriminator - to_pictures)
    g_passes = 3 if shared else 4
    return g_passes * generator + d_update + 2 * discriminator


def main() -> None:
    """Measure all that was asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch_sizes", type=int, nargs="+", default=[64])
    parser.add_argument("--image_size", type=int, default=128)
    parser.add_argument("--base_filters", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3, help="timed steps of a process")
    parser.add_argument(
        "--only", nargs="+", default=[""], help="ways with one of these in the name"
    )
    asked = parser.parse_args()
    sizes = [f"--image_size={asked.image_size}", f"--base_filters={asked.base_filters}"]
    for batch_size in asked.batch_sizes:
        commands = {
            name: ["-m", "step_rivals.matrix_product", f"--way={precision}"]
            for name, precision in PRODUCTS.items()
        }
        for name, (module, way) in WAYS.items():
            if any(text in name for text in asked.only):
                flags = [f"--way={way}", f"--batch_size={batch_size}", f"--steps={asked.steps}"]
                commands[name] = ["-m", f"step_rivals.{module}", *flags, *sizes]
        reports = measure(commands, asked.rounds, folder=Path(__file__).parent)
        _print_table(batch_size, reports, asked)


def _print_table(
    batch_size: int, reports: dict[str, list[Report]], asked: argparse.Namespace
) -> None:
    print(f"\nBatch {batch_size}; {asked.rounds} rounds; ", end="")
    print(describe_software("tensorflow", "torch", "keras", "tf_keras", "numpy"))
    limits = {
        precision: statistics.median(rate for found in reports[name] for rate in found["rates"])
        for name, precision in PRODUCTS.items()
    }
    for precision, limit in limits.items():
        print(f"Matrix product in {precision}: {limit / 1e9:.0f} GFLOP/s (median).")
    print("\n| | images/s | share of the product's rate | memory, GiB |\n|---|---|---|---|")
    for name in WAYS:
        if name not in reports:
            continue
        rates = [batch_size / second for found in reports[name] for second in found["seconds"]]
        memory = statistics.median(found["memory"] for found in reports[name])
        work = step_work(asked.image_size, asked.base_filters, 100, shared="2018" not in name)
        limit = limits["bfloat16" if "bfloat16" in name else "float32"]
        share = 2 * work * statistics.median(rates) / limit
        print(f"| {name} | {middle(rates)} | {share:.2f} | {memory / 2**30:.1f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
