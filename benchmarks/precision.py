"""Show that float32 and bfloat16 learn alike: loss curves and a distance of samples, three seeds.

Usage: python benchmarks/precision.py [--steps 2000] [--out precision.png]

Small networks learn the drawn cats. The distance is a sliced Wasserstein one (Rabin et al. 2011):
pictures are reduced to 16x16, projected on random directions, and sorted values are compared. As
yardsticks it is measured between two halves of the reals, and on the samples of untrained networks.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from in_turns import describe_software

PRECISIONS = ("float32", "bfloat16")
SMALL = ["--preset=cat64", "--image_size=32", "--base_filters=16", "--batch_size=16"]
SEEDS = (0, 1, 2)
SAMPLES = 1024
SIDE = 16  # pixels
DIRECTIONS = 512
PARTS = 5  # of a run, for the table of losses


def main() -> None:
    """Train all runs, print the tables, and draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("precision.png"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        losses, distances = {}, {}
        for seed in SEEDS:
            for precision in PRECISIONS:
                run = _train(folder, precision, seed, asked.steps)
                losses[precision, seed] = _losses(run)
                distances[precision, seed] = distance(_samples(folder, run), _reals())
                print(precision, seed, distances[precision, seed], file=sys.stderr, flush=True)
        untrained = distance(_samples(folder, _train(folder, "float32", 0, 1)), _reals())
    print(f"{asked.steps:,} steps; {describe_software('tensorflow')}\n")
    _print_losses(losses, asked.steps)
    print("\n| distance of samples, x1000 | seeds 0, 1, 2 | median |\n|---|---|---|")
    for precision in PRECISIONS:
        found = [1000 * distances[precision, seed] for seed in SEEDS]
        shown = ", ".join(f"{value:.1f}" for value in found)
        print(f"| {precision} | {shown} | {statistics.median(found):.1f} |")
    halves = distance(_reals()[::2], _reals()[1::2])
    print(f"| reals from other reals | | {1000 * halves:.1f} |")
    print(f"| untrained networks | | {1000 * untrained:.1f} |")
    _draw(losses, asked.out)


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the sliced Wasserstein distance of two sets of equal size, `[N, features]` in 0..1."""
    random = np.random.default_rng(0)
    directions = random.normal(size=(first.shape[1], DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    count = min(len(first), len(second))
    one, other = (np.sort(values[:count] @ directions, axis=0) for values in (first, second))
    return float(np.abs(one - other).mean())


def _train(folder: Path, precision: str, seed: int, steps: int) -> Path:
    run = folder / f"{precision}-{seed}-{steps}"
    flags = [*SMALL, f"--max_steps={steps}", f"--seed={seed}", f"--precision={precision}"]
    flags += [f"--run_dir={run}", "--cache_dir=cache"]
    _run("catdcgan.train", flags, folder)
    return run


def _samples(folder: Path, run: Path) -> np.ndarray:
    out = run / "samples"
    flags = [f"--run_dir={run}", f"--num={SAMPLES}", "--format=png", f"--out={out}"]
    _run("catdcgan.sample", flags, folder)
    pictures = [np.asarray(Image.open(path)) for path in sorted(out.glob("*.png"))]
    return _features(np.stack(pictures))


def _reals() -> np.ndarray:
    from catdcgan.datasets.drawn_set import load_drawn_cats

    return _features(load_drawn_cats(32)[: 2 * SAMPLES])


def _features(pictures: np.ndarray) -> np.ndarray:
    """Reduce pictures, uint8 `[N, 32, 32, 3] -> [N, features]` in 0..1."""
    count, side, _, channels = pictures.shape
    block = side // SIDE
    blocks = pictures.reshape(count, SIDE, block, SIDE, block, channels)
    return blocks.mean((2, 4)).reshape(count, -1) / 255


def _losses(run: Path) -> np.ndarray:
    """Return both losses of each step, `[steps, 2]`."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return np.array([[json.loads(line)[name] for name in ("d_loss", "g_loss")] for line in lines])


def _print_losses(losses: dict[tuple[str, int], np.ndarray], steps: int) -> None:
    print("| steps | " + " | ".join(f"{p}, D / G" for p in PRECISIONS) + " |\n|---|---|---|")
    for part in range(PARTS):
        first, last = part * steps // PARTS, (part + 1) * steps // PARTS
        row = f"| {first + 1:,} to {last:,} |"
        for precision in PRECISIONS:
            means = [losses[precision, seed][first:last].mean(0) for seed in SEEDS]
            row += " {:.2f} / {:.2f} |".format(*np.mean(means, 0))
        print(row)


def _draw(losses: dict[tuple[str, int], np.ndarray], out: Path, window: int = 50) -> None:
    """Draw the curves of all runs, each a moving mean over `window` steps."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.5), sharex=True)
    colours = dict(zip(PRECISIONS, ("tab:blue", "tab:orange"), strict=True))
    for (precision, seed), values in losses.items():
        for axis, name, column in zip(axes, ("d_loss", "g_loss"), values.T, strict=True):
            smooth = np.convolve(column, np.ones(window) / window, "valid")
            label = precision if seed == SEEDS[0] else None
            axis.plot(smooth, color=colours[precision], alpha=0.7, linewidth=1, label=label)
            axis.set(title=name, xlabel="step")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def _run(module: str, flags: list[str], folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", module, *flags], cwd=folder, check=True, capture_output=True
    )


if __name__ == "__main__":
    main()
