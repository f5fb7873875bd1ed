"""`evaluation.png`: the figures over the checkpoints, each with its floor dashed."""

import io
from collections.abc import Sequence
from typing import Any

from catdcgan.metrics.catalogue import EVALUATION_CHARTS

INCHES = (10, 10)
DOTS_AN_INCH = 100


def draw_curve(entries: Sequence[dict[str, Any]], title: str) -> bytes:
    """Return a PNG of the entries of some checkpoints, in the order of their steps."""
    # Here, because it takes long to load. Without pyplot: no window, no state.
    from matplotlib.figure import Figure

    panels = [
        (chart, shown)
        for chart in EVALUATION_CHARTS
        if (shown := [n for n in chart.numbers if any(n in entry["figures"] for entry in entries)])
    ]
    figure = Figure(INCHES, dpi=DOTS_AN_INCH, layout="constrained")
    figure.suptitle(title.replace("$", r"\$"))  # what stands between two would be a formula
    all_axes = figure.subplots(-(-len(panels) // 2), 2, sharex=True, squeeze=False).ravel()
    for axes, (chart, names) in zip(all_axes, panels, strict=False):
        axes.set_title(chart.title, fontsize="medium")
        axes.grid(alpha=0.3)
        for name in names:
            points = [
                (entry["step"], entry["figures"][name])
                for entry in entries
                if name in entry["figures"]
            ]
            (line,) = axes.plot(*zip(*points, strict=True), marker="o", label=chart.numbers[name])
            floors = [entry["floor"][name] for entry in entries if name in entry["floor"]]
            if floors:
                axes.axhline(floors[-1], color=line.get_color(), linestyle="--", linewidth=1)
        axes.set_ylim(bottom=min(axes.dataLim.y0, 0))  # a kernel distance may be just below 0
        if len(names) > 1:
            axes.legend()
    for axes in all_axes[len(panels) :]:
        axes.set_visible(False)
    for axes in all_axes[max(len(panels) - 2, 0) : len(panels)]:
        axes.set_xlabel("step (dashed: real pictures)")
        axes.tick_params(labelbottom=True)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
