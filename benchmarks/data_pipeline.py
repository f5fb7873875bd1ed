"""Measure how many pictures a second reach training, by this program, plain Pillow and tf.data.

Usage: python benchmarks/data_pipeline.py [FOLDER OF JPEG FILES] [--image_size 128] [--rounds 5]

Without a folder it draws 1,500 cats. Every measurement is a process of its own; the ways take
turns, and the medians of all rounds are printed as a table in Markdown.
"""

import argparse
import collections
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from catdcgan.datasets.decoded import FOLDER
from catdcgan.pictures.pixels import to_floats
from catdcgan.pictures.reading import decode_all
from catdcgan.pictures.search import find_pictures
from catdcgan.training.batches import batch_at
from catdcgan.training.prefetch import Prefetcher

BATCH = 64
DRAWN = 1500
WARM_STEPS = 200


def cold_catdcgan(folder: Path, image_size: int) -> float:
    """Decode all files as a first start of training does; return images/s."""
    files = find_pictures(folder).files
    start = time.perf_counter()
    count = sum(outcome.pixels is not None for _, outcome in decode_all(files, image_size))
    return count / (time.perf_counter() - start)


def cold_pillow(folder: Path, image_size: int) -> float:
    """Decode all files with Pillow, one after the other; return images/s."""
    paths = sorted(folder.glob("*.jpg"))
    start = time.perf_counter()
    for path in paths:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            size = (image_size, image_size)
            np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    return len(paths) / (time.perf_counter() - start)


def _tf_dataset(folder: Path, image_size: int):
    import tensorflow as tf

    def decode(path):
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        size = (image_size, image_size)
        return tf.image.resize(image, size, method="lanczos3", antialias=True)

    paths = sorted(map(str, folder.glob("*.jpg")))
    return len(paths), tf.data.Dataset.from_tensor_slices(paths).map(decode, tf.data.AUTOTUNE)


def cold_tf_data(folder: Path, image_size: int) -> float:
    """Decode all files with tf.data, its parallelism chosen by itself; return images/s."""
    count, dataset = _tf_dataset(folder, image_size)
    next(iter(dataset))  # kernels and threads are there
    start = time.perf_counter()
    for _ in dataset.prefetch(BATCH):
        pass
    return count / (time.perf_counter() - start)


def warm_catdcgan(folder: Path, image_size: int) -> float:
    """Make shuffled, scaled batches from the decoded set, mapped from its file; images/s."""
    from catdcgan.datasets.loading import load_dataset

    cache = str(folder / FOLDER)
    load_dataset(str(folder), image_size, BATCH, cache_dir=cache)
    images = load_dataset(str(folder), image_size, BATCH, cache_dir=cache).images

    def make(step: int) -> np.ndarray:
        pixels = batch_at(images, step, BATCH, seed=0, shuffle=True, mirror=True)
        return to_floats(pixels, 1.0)

    with Prefetcher(make, range(2 * WARM_STEPS)) as batches:
        return _rate(iter(batches))


def warm_tf_data(folder: Path, image_size: int) -> float:
    """Make shuffled, scaled batches from tf.data's cache in memory; images/s."""
    import tensorflow as tf

    count, dataset = _tf_dataset(folder, image_size)
    dataset = dataset.map(lambda image: tf.cast(tf.round(image), tf.uint8)).cache()
    for _ in dataset:  # fills the cache
        pass
    dataset = dataset.shuffle(count).repeat()
    dataset = dataset.map(tf.image.random_flip_left_right, tf.data.AUTOTUNE).batch(BATCH)
    scale = lambda batch: tf.cast(batch, tf.float32) / 127.5 - 1  # noqa: E731
    dataset = dataset.map(scale, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    return _rate(dataset.as_numpy_iterator())


def start_catdcgan(folder: Path, image_size: int) -> float:
    """Return how many starts a second there could be with a decoded set at hand."""
    from catdcgan.datasets.loading import load_dataset

    cache = str(folder / FOLDER)
    load_dataset(str(folder), image_size, BATCH, cache_dir=cache)
    start = time.perf_counter()
    load_dataset(str(folder), image_size, BATCH, cache_dir=cache)
    return 1 / (time.perf_counter() - start)


def _rate(batches) -> float:
    for _ in range(WARM_STEPS // 4):
        next(batches)
    start = time.perf_counter()
    for _ in range(WARM_STEPS):
        next(batches)
    return WARM_STEPS * BATCH / (time.perf_counter() - start)


WAYS: dict[str, Callable[[Path, int], float]] = {
    "cold, this program": cold_catdcgan,
    "cold, Pillow in a loop": cold_pillow,
    "cold, tf.data": cold_tf_data,
    "warm, this program": warm_catdcgan,
    "warm, tf.data cache in memory": warm_tf_data,
    "starts a second from the decoded set": start_catdcgan,
}


def main() -> None:
    """Measure one way in this process, or all of them in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--image_size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        if asked.cores:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
        print(WAYS[asked.one](asked.folder, asked.image_size))
        return
    with tempfile.TemporaryDirectory() as drawn:
        folder = asked.folder or _draw(Path(drawn), asked.image_size)
        _measure_all(folder, asked.image_size, asked.rounds)


def _draw(folder: Path, image_size: int) -> Path:
    from catdcgan.datasets.drawn_cats import draw_cat

    for index in range(DRAWN):
        Image.fromarray(draw_cat(index, image_size)).save(folder / f"{index:04}.jpg", quality=95)
    return folder


def _measure_all(folder: Path, image_size: int, rounds: int) -> None:
    all_cores = len(os.sched_getaffinity(0))
    numbers: dict[tuple[str, int], list[float]] = collections.defaultdict(list)
    for _ in range(rounds):
        for way in WAYS:
            for cores in sorted({1, all_cores}):
                command = [sys.executable, __file__, str(folder), f"--image_size={image_size}"]
                command += [f"--one={way}", f"--cores={cores}"]
                found = subprocess.run(command, check=True, capture_output=True, text=True)
                numbers[way, cores].append(float(found.stdout.split()[-1]))
    print(f"| images/s at {image_size} pixels | 1 core | {all_cores} cores |\n|---|---|---|")
    for way in WAYS:
        one, several = (statistics.median(numbers[way, cores]) for cores in (1, all_cores))
        print(f"| {way} | {one:,.4g} | {several:,.4g} |")


if __name__ == "__main__":
    main()
