"""Measure a training step of `cat128` beside its rivals and the machine's limit.

Usage: python benchmarks/train_step.py [--batch_sizes 64 32] [--rounds 3] [--only TEXT]

Every measurement is a process of its own; the ways take turns, round by round, and a table of
medians with lowest and highest values is printed in Markdown, with what this project's way is to
its rivals. What TensorFlow computes is measured as it starts by itself, and with oneDNN switched on
and off. The rivals want `pip install '.[benchmarks]'`.
"""

import argparse
import functools
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from catdcgan.machine.tensorflow_import import ONEDNN_SWITCH, import_tensorflow
from in_turns import Report, describe_machine, describe_software, measure, middle

OURS, ORIGINAL, PYTORCH = "this project", "loop of 2018 on tf.layers", "PyTorch"
ON, OFF = ", oneDNN on", ", oneDNN off"  # what names of ways end with; the others leave it unset
WAYS = {
    f"{OURS}, bfloat16": ("ours", "bfloat16"),
    f"{OURS}, float32": ("ours", "float32"),
    f"{OURS}, float32{ON}": ("ours", "float32"),
    f"{OURS}, float32{OFF}": ("ours", "float32"),
    f"{ORIGINAL}, float32": ("original", "float32"),
    f"{ORIGINAL}, float32{ON}": ("original", "float32"),
    f"{ORIGINAL}, float32{OFF}": ("original", "float32"),
    f"{PYTORCH} eager, channels last, bfloat16": ("pytorch", "eager, channels last, bfloat16"),
    f"{PYTORCH} compiled, channels last, bfloat16": (
        "pytorch",
        "compiled, channels last, bfloat16",
    ),
    f"{PYTORCH} eager, bfloat16": ("pytorch", "eager, bfloat16"),
    f"{PYTORCH} compiled, bfloat16": ("pytorch", "compiled, bfloat16"),
    f"{PYTORCH} eager, channels last, float32": ("pytorch", "eager, channels last, float32"),
    f"{PYTORCH} compiled, channels last, float32": ("pytorch", "compiled, channels last, float32"),
    f"{PYTORCH} eager, float32": ("pytorch", "eager, float32"),
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
        "--only",
        nargs="+",
        default=[""] if _multiplies_bfloat16() else ["float32"],
        help="ways with one of these in the name (else all, in bfloat16 where that is quick)",
    )
    asked = parser.parse_args()
    sizes = [f"--image_size={asked.image_size}", f"--base_filters={asked.base_filters}"]
    for batch_size in asked.batch_sizes:
        commands = {
            name: ["-m", "step_rivals.matrix_product", f"--way={precision}"]
            for name, precision in PRODUCTS.items()
            if precision == "float32" or _multiplies_bfloat16()
        }
        for name, (module, way) in WAYS.items():
            if any(text in name for text in asked.only):
                flags = [f"--way={way}", f"--batch_size={batch_size}", f"--steps={asked.steps}"]
                commands[name] = ["-m", f"step_rivals.{module}", *flags, *sizes]
        variables = {name: {ONEDNN_SWITCH: _switch_of(name)} for name in commands}
        reports = measure(commands, asked.rounds, Path(__file__).parent, variables)
        _print_table(batch_size, reports, asked)


@functools.cache
def _multiplies_bfloat16() -> bool:
    import_tensorflow()
    from catdcgan.machine.devices import has_bfloat16

    return has_bfloat16()


def _switch_of(name: str) -> str | None:
    return "1" if name.endswith(ON) else "0" if name.endswith(OFF) else None


def _print_table(
    batch_size: int, reports: dict[str, list[Report]], asked: argparse.Namespace
) -> None:
    print(f"\n{describe_machine()}; batch {batch_size}; {asked.rounds} rounds; ", end="")
    print(describe_software("tensorflow", "torch", "keras", "tf_keras", "numpy"))
    limits = {
        precision: statistics.median(rate for found in reports[name] for rate in found["rates"])
        for name, precision in PRODUCTS.items()
        if name in reports
    }
    for precision, limit in limits.items():
        print(f"Matrix product in {precision}: {limit / 1e9:.0f} GFLOP/s (median).")
    print("\n| | oneDNN | images/s | share of the product's rate | memory, GiB |")
    print("|---|---|---|---|---|")
    rates = {}
    for name in WAYS:
        if name not in reports:
            continue
        found = reports[name]
        rates[name] = [batch_size / second for one in found for second in one["seconds"]]
        memory = statistics.median(one["memory"] for one in found)
        work = step_work(asked.image_size, asked.base_filters, 100, shared=ORIGINAL not in name)
        limit = limits.get("bfloat16" if "bfloat16" in name else "float32")
        share = f"{2 * work * statistics.median(rates[name]) / limit:.2f}" if limit else ""
        onednn = {True: "on", False: "off", None: ""}[found[0].get("onednn")]
        numbers = f"{middle(rates[name])} | {share} | {memory / 2**30:.1f}"
        print(f"| {name} | {onednn} | {numbers} |", flush=True)
    for line in _comparisons({name: statistics.median(found) for name, found in rates.items()}):
        print(line)


def _comparisons(rates: dict[str, float]) -> Iterator[str]:
    """Yield how many times as quick as its rivals this project is, in what it chooses itself.

    Args:
        rates: images/s by way.
    """
    chosen = f"{OURS}, {'bfloat16' if _multiplies_bfloat16() else 'float32'}"
    pytorch = max((name for name in rates if PYTORCH in name), key=rates.__getitem__, default="")
    rivals = (*(name for name in rates if ORIGINAL in name), pytorch)
    if chosen in rates:
        yield f"\nThe program chooses {chosen.partition(', ')[2]} here, and oneDNN; it does"
        for rival in rivals:
            if rival:
                yield f"- {rates[chosen] / rates[rival]:.2f} times what {rival} does"


if __name__ == "__main__":
    sys.exit(main())
