"""`losses.png`: both losses, what D believes, and how the samples compare with the reals."""

import io

from catdcgan.metrics.catalogue import TRAINING_CHARTS
from catdcgan.watching.curves import Curves

INCHES = (10, 9)
DOTS_AN_INCH = 100
SMOOTHED = 0.02  # share of the points that the bold line is the mean of


def draw_losses(curves: Curves, title: str) -> bytes:
    """Return a PNG of the curves so far."""
    # Here, because loading it takes as long as many steps. Without pyplot: no window, no state.
    from matplotlib.figure import Figure

    figure = Figure(INCHES, dpi=DOTS_AN_INCH, layout="constrained")
    figure.suptitle(title.replace("$", r"\$"))  # what stands between two of them would be a formula
    charts = [chart for chart in TRAINING_CHARTS if chart.axis]
    charts = [c for c in charts if any(curves[name].steps for name in c.numbers)] or charts
    all_axes = figure.subplots(len(charts), sharex=True)
    for axes, chart in zip(all_axes, charts, strict=True):
        axes.set_ylabel(chart.axis)
        axes.set_yscale(chart.scale)
        axes.grid(alpha=0.3)
        for name, words in chart.numbers.items():
            if name in chart.details:
                continue
            steps, values = curves[name]
            (line,) = axes.plot(steps, values, alpha=0.3, linewidth=0.8)
            axes.plot(steps, _smooth(values), color=line.get_color(), label=words)
        axes.legend(loc="upper right")
    all_axes[-1].set_xlabel("step")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _smooth(values: list[float]) -> list[float]:
    """Return the mean of each value and those shortly before it."""
    width = max(int(len(values) * SMOOTHED), 1)
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    starts = [max(end - width, 0) for end in range(1, len(values) + 1)]
    return [
        (sums[end] - sums[start]) / (end - start)
        for end, start in zip(range(1, len(sums)), starts, strict=True)
    ]
