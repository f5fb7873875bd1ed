"""What all rivals share: flags, random pictures, and the timing of steps."""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from in_turns import report


def parse(ways: Sequence[str]) -> argparse.Namespace:
    """Return the flags: way, batch_size, image_size, base_filters, z_dim, warm_up, steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=ways, default=ways[0])
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--image_size", type=int, default=128)
    parser.add_argument("--base_filters", type=int, default=64)
    parser.add_argument("--z_dim", type=int, default=100)
    parser.add_argument("--warm_up", type=int, default=2, help="steps that are not timed")
    parser.add_argument("--steps", type=int, default=3)
    return parser.parse_args()


def random_batch(asked: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures, float32 `[N, S, S, 3]`, and latents, float32 `[N, z_dim]`, in [-1, 1]."""
    random = np.random.default_rng(0)
    size = asked.image_size
    pictures = random.uniform(-1, 1, (asked.batch_size, size, size, 3))
    z = random.uniform(-1, 1, (asked.batch_size, asked.z_dim))
    return pictures.astype(np.float32), z.astype(np.float32)


def time_steps(
    asked: argparse.Namespace, step: Callable[[], object], onednn: bool | None = None
) -> None:
    """Run and time steps, and report; a step has ended when `step` returns.

    Args:
        onednn: whether oneDNN computes the operations of a rival that can do without it.
    """
    for _ in range(asked.warm_up):
        step()
    seconds = []
    for _ in range(asked.steps):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    report(seconds=seconds, onednn=onednn)
