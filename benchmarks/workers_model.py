"""Compute, not measure, how many images a second up to 64 GPUs would do, and where that pays.

Usage: python benchmarks/workers_model.py

No GPU was at hand for it: what is measured is named MEASURED below, all else published or assumed,
and the sums are plain: a step is the time of the own pictures, and after it that of what travels.
"""

import math
import sys

from train_step import step_work

PARAMETERS = 24_034_819 + 17_484_289  # MEASURED: of cat128's two networks, as the program says
COLLECTIVES = 40  # MEASURED: operations over all workers in a step of cat128, batch norm sync
WORK = 2 * step_work(128, 64, 100)  # FLOP an image; 54 GFLOP
# ASSUMED: half of what NVIDIA publishes for dense bfloat16 on an A100, 312 TFLOP/s, is reached by
# matrix products there, and half of that by these networks.
FLOPS = 312e12 / 4
LINKS = {  # published: bytes/s in each direction, and ASSUMED seconds before the first byte
    "10 Gbit/s": (10e9 / 8, 50e-6),
    "100 Gbit/s": (100e9 / 8, 20e-6),
    "NVLink (A100, 300 GB/s)": (300e9, 10e-6),
}
COUNTS = 1, 2, 4, 8, 16, 32, 64
BATCHES = 16, 64, 256, 1024  # a GPU
ENOUGH = 0.8  # of COUNTS[-1] times one GPU


def seconds(batch: int, count: int, link: str) -> float:
    """Return the time of a step with `batch` pictures on each of `count` GPUs.

    In a ring each number is sent twice, but for the share that is one's own; the first byte of each
    operation goes up a tree and down again.
    """
    own = batch * WORK / FLOPS
    if count == 1:
        return own
    rate, latency = LINKS[link]
    sent = 2 * (count - 1) / count * 4 * PARAMETERS
    return own + sent / rate + COLLECTIVES * 2 * math.log2(count) * latency


def main() -> int:
    """Print the tables, in Markdown."""
    for link in LINKS:
        print(f"\n{link}: images/s, and the share of so many times one GPU\n")
        print("| pictures a GPU | " + " | ".join(f"{count} GPUs" for count in COUNTS) + " |")
        print("|---|" + "---|" * len(COUNTS))
        for batch in BATCHES:
            cells = []
            for count in COUNTS:
                rate = batch * count / seconds(batch, count, link)
                share = rate / count * seconds(batch, 1, link) / batch
                cells.append(f"{rate:,.0f} ({share:.2f})")
            print(f"| {batch} | " + " | ".join(cells) + " |")
        last = COUNTS[-1]
        least = next(
            batch
            for batch in range(1, 100_000)
            if seconds(batch, 1, link) / seconds(batch, last, link) > ENOUGH
        )
        print(f"\nAbove {ENOUGH} with {last} GPUs from {least} pictures a GPU on.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
