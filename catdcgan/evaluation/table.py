"""The figures as aligned text."""

from collections.abc import Iterator, Sequence
from typing import Any

from catdcgan.console.words import in_columns
from catdcgan.metrics.catalogue import FIGURES, number_of


def show_one(entry: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one entry: each figure, its floor, and which way is better."""
    rows: list[Sequence[str]] = [("", "samples", "real", "better")]
    for name in _ordered(entry["figures"]):
        known = number_of(name)
        floor = entry["floor"].get(name)
        rows.append(
            (known.words, _shown(entry["figures"][name]), _shown(floor), known.better or "")
        )
    yield from in_columns(rows, left={0, 3})


def show_many(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of several entries, one each, the reals' own figures last."""
    names = [name for name in FIGURES if any(name in entry["figures"] for entry in entries)]
    rows: list[Sequence[str]] = [("", *(number_of(name).heading for name in names))]
    for entry in entries:
        figures = entry["figures"]
        rows.append((_name_of(entry), *(_shown(figures.get(name)) for name in names)))
    floor = entries[-1]["floor"]
    rows.append(("real", *(_shown(floor.get(name)) for name in names)))
    rows.append(("better", *(number_of(name).better or "" for name in names)))
    yield from in_columns(rows, left={0})


def _name_of(entry: dict[str, Any]) -> str:
    return entry["samples"] if entry["step"] is None else f"step {entry['step']:,}"


def _ordered(figures: dict[str, float]) -> list[str]:
    """Return the names in the order of `FIGURES`, the levels after their mean."""
    places = {name: place for place, name in enumerate(FIGURES)}
    return sorted(figures, key=lambda name: places.get(name, places["swd"] + 0.5))


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
