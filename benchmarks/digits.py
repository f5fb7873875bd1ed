"""Tell how many samples of MNIST runs are digits, and how evenly the ten digits occur.

Usage: python benchmarks/digits.py RUN [RUN ...] --mnist data/mnist [--num 1000]

A small classifier (scikit-learn: one hidden layer) is trained on MNIST's training digits. A sample
counts as a digit where the classifier gives one of the ten a probability of at least 0.9. The test
digits, of which not all pass either, are the yardstick. Evenness is the entropy of how often each
digit occurs among those that pass, as a share of that of ten equal parts: 1 is even, 0 one digit.
Printed as a table in Markdown.
"""

import argparse
import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.neural_network import MLPClassifier

from catdcgan import sample
from catdcgan.datasets.idx import parse_idx

CONFIDENT = 0.9
SIDE = 28


def load_mnist(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits of `train` or `t10k`, float `[N, 784]` in [0, 1], and what they are."""
    images, labels = (
        parse_idx(next(folder.glob(f"{part}-{kind}*")).read_bytes(), dimensions)
        for kind, dimensions in (("images", 3), ("labels", 1))
    )
    return images.reshape(len(images), -1) / np.float32(255), labels


def render(run: str, count: int) -> np.ndarray:
    """Return the pictures of seeds 0, 1, 2, ... of a run, float `[count, 784]` in [0, 1]."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--run_dir", run, "--num", str(count), "--format", "png", "--out", folder]
        with contextlib.redirect_stdout(io.StringIO()):
            if sample.main(flags):
                raise SystemExit(1)  # it has said why
        pictures = [Image.open(path) for path in sorted(Path(folder).glob("*.png"))]
        size = (SIDE, SIDE)
        digits = [picture.convert("L").resize(size, Image.Resampling.BOX) for picture in pictures]
    return np.stack([np.asarray(digit) for digit in digits]).reshape(count, -1) / np.float32(255)


def judge(classifier: MLPClassifier, pictures: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the share of the pictures that pass, and how often each digit is among those."""
    probabilities = classifier.predict_proba(pictures)
    passing = probabilities.max(axis=1) >= CONFIDENT
    counts = np.bincount(probabilities[passing].argmax(axis=1), minlength=10)
    return float(passing.mean()), counts


def evenness(counts: np.ndarray) -> float:
    """Return the entropy of the counts `[10]` as a share of that of ten equal ones."""
    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(shares * np.log(shares)).sum() / np.log(10))


def main() -> None:
    """Train the classifier, judge each run, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--mnist", type=Path, required=True, help="folder of the four files")
    parser.add_argument("--num", type=int, default=1000, help="samples of each run")
    asked = parser.parse_args()
    classifier = MLPClassifier((128,), early_stopping=True, n_iter_no_change=3, random_state=0)
    classifier.fit(*load_mnist(asked.mnist, "train"))
    pictures, labels = load_mnist(asked.mnist, "t10k")
    print(
        f"The classifier is right on {classifier.score(pictures, labels):.1%} of the test digits."
    )
    print("\n| samples | confidently a digit | evenness | 0 1 2 3 4 5 6 7 8 9 |\n|---|---|---|---|")
    for name in ["test digits", *asked.runs]:
        if name != "test digits":
            pictures = render(name, asked.num)
        share, counts = judge(classifier, pictures)
        shown = " ".join(map(str, counts))
        print(f"| {Path(name).name} | {share:.1%} | {evenness(counts):.3f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
