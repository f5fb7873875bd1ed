"""Sets of samples measured one by one; what is known so far is always on the disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from catdcgan.console.progress import tell
from catdcgan.console.words import printable
from catdcgan.evaluation.curve import draw_curve
from catdcgan.evaluation.measuring import Measuring
from catdcgan.evaluation.reals import Reals
from catdcgan.evaluation.record import (
    NAME,
    comparable,
    make_entry,
    merge_entry,
    read_entries,
    write_entries,
)
from catdcgan.evaluation.sheet import draw_sheet
from catdcgan.evaluation.table import show_many, show_one
from catdcgan.storage import files


class Samples(NamedTuple):
    """A set of samples.

    Attributes:
        step: of the checkpoint, None for pictures.
        weights: `average` or `last`, None for pictures.
    """

    name: str
    step: int | None
    weights: str | None
    images: np.ndarray


def measure_all(
    all_samples: Iterator[Samples],
    reals: Reals,
    folders: Sequence[Path],
    out: str,
    inception_weights: str | None,
) -> int:
    """Measure each set of samples; after each one, what is known so far is written."""
    tell(reals.words)
    path = files.join(out, NAME)
    entries = read_entries(path)
    measuring = Measuring(reals, folders, inception_weights)
    measured = []
    for samples in all_samples:
        figures, nearest = measuring.measure(samples.images)
        measured.append(
            make_entry(
                samples.name,
                samples.step,
                samples.weights,
                samples.images,
                (reals.words, reals.key),
                figures,
                measuring.floor,
            )
        )
        entries = merge_entry(entries, measured[-1])
        write_entries(path, entries)
    title = f"{samples.name}: {figures['near_copies']:.1%} near copies"
    title += f" ({measuring.floor['near_copies']:.1%} of real pictures)"
    sheet = draw_sheet(samples.images, reals.training, nearest, measuring.threshold, title)
    _write_pictures(out, entries, measured[-1], sheet)
    for line in show_one(measured[0]) if len(measured) == 1 else show_many(measured):
        tell(line)
    tell(printable(path))
    return 0


def _write_pictures(
    out: str, entries: list[dict[str, Any]], entry: dict[str, Any], sheet: bytes
) -> None:
    files.write_atomically(files.join(out, "memorisation.jpg"), sheet, durable=False)
    along = comparable(entries, entry)
    if along:
        curve = draw_curve(along, f"{entry['num']:,} samples, {entry['weights']} weights")
        files.write_atomically(files.join(out, "evaluation.png"), curve, durable=False)
