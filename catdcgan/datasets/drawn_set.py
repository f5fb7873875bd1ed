"""The drawn cats as a set: drawn once with all cores, then kept in the user's cache folder."""

import concurrent.futures
import functools
import multiprocessing
from pathlib import Path

import numpy as np

from catdcgan.console.progress import track
from catdcgan.datasets.cache import cache_folder, load_or_build
from catdcgan.datasets.drawn_cats import COUNT, VERSION, draw_cat

CHUNK = 64  # cats a task; enough to make handing them over cheap


def load_drawn_cats(image_size: int, folder: Path | None = None) -> np.ndarray:
    """Return all drawn cats, `-> uint8 [COUNT, image_size, image_size, 3]`.

    Args:
        folder: where they are kept; else in the user's cache folder.
    """
    path = (folder or cache_folder()) / f"drawn-cats-v{VERSION}-{image_size}.npy"
    shape = (COUNT, image_size, image_size, 3)
    return load_or_build(path, shape, lambda: draw_cats(COUNT, image_size))


def draw_cats(count: int, image_size: int) -> np.ndarray:
    """Draw the first `count` cats, `-> uint8 [count, image_size, image_size, 3]`."""
    draw = functools.partial(_draw_chunk, count=count, image_size=image_size)
    starts = range(0, count, CHUNK)
    # Drawing is mostly Python, so threads would take turns. A forked child of a process with
    # threads can hang; a spawned one cannot.
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(mp_context=spawn) as pool:
        chunks = pool.map(draw, starts)
        return np.concatenate(list(track(chunks, len(starts), "drawing cats", f"x{CHUNK} cats")))


def _draw_chunk(start: int, count: int, image_size: int) -> np.ndarray:
    stop = min(start + CHUNK, count)
    return np.stack([draw_cat(index, image_size) for index in range(start, stop)])
