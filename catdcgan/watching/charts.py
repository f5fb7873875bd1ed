"""The curves of the page, by Bokeh, which brings the script that draws them."""

from typing import Any

import numpy as np

from catdcgan.metrics.catalogue import TRAINING_CHARTS, Chart
from catdcgan.watching.curves import Curves

HEIGHT = 300  # pixels
# Bright enough on black and dark enough on white; the dashes tell them apart without colour.
STYLES = (
    ("#2b7bd6", "solid"),
    ("#cc5a12", "dashed"),
    ("#1f9259", "dotdash"),
    ("#a855b5", "dotted"),
)


def draw_charts(curves: Curves) -> tuple[str, dict[str, str]]:
    """Return a script element, and by the charts' names the elements that it fills.

    Bokeh's own script has to stand before it: `chart_library`. Each curve is a model named
    `curve-<name>` with the columns `step` and `value`.
    """
    from bokeh.embed import components
    from bokeh.models import DataRange1d

    steps = DataRange1d(range_padding=0)  # one for all: they are zoomed together
    return components({chart.name: _draw(chart, curves, steps) for chart in charts_of(curves)})


def charts_of(curves: Curves) -> list[Chart]:
    """Return the charts that have something to show; of what was not measured there is none."""
    return [
        chart
        for chart in TRAINING_CHARTS
        if not chart.optional or any(curves[name].steps for name in chart.numbers)
    ]


def chart_library() -> str:
    """Return script elements with what Bokeh needs to draw."""
    from bokeh.resources import Resources

    return Resources(mode="inline", components=["bokeh"], minified=True).render_js()


def _draw(chart: Chart, curves: Curves, steps: Any) -> Any:
    from bokeh.models import ColumnDataSource, HoverTool
    from bokeh.plotting import figure

    # Bokeh makes its models' properties at run time: no checker knows them.
    plot: Any = figure(
        name=f"chart-{chart.name}",
        height=HEIGHT,
        sizing_mode="stretch_width",
        x_axis_label="step",
        y_axis_type=chart.scale,
        x_range=steps,
        tools="xpan,xbox_zoom,xwheel_zoom,zoom_in,zoom_out,reset",
        active_drag="xbox_zoom",
        active_scroll=None,  # or the page could not be scrolled past it
        toolbar_location="above",
        background_fill_alpha=0,
        border_fill_alpha=0,
    )
    plot.toolbar.logo = None
    plot.xaxis.formatter.use_scientific = False
    if chart.scale == "linear":
        plot.yaxis.formatter.use_scientific = False
    lines = []
    for (name, words), (colour, dash) in zip(chart.numbers.items(), STYLES, strict=False):
        curve = curves[name]
        source = ColumnDataSource(
            {"step": np.array(curve.steps, np.int32), "value": np.array(curve.values, np.float64)},
            name=f"curve-{name}",
        )
        options = {"color": colour, "line_dash": dash, "line_width": 1.6}
        lines.append(plot.line("step", "value", source=source, legend_label=words, **options))
        lines[-1].name = words
    tips = [("", "$name"), ("step", "@step{0,0}"), ("", "@value{0.0000}")]
    plot.add_tools(HoverTool(tooltips=tips, renderers=lines, mode="vline"))
    plot.legend.background_fill_alpha = 0
    plot.legend.border_line_alpha = 0
    plot.legend.click_policy = "hide"
    plot.legend.ncols = 2  # side by side, as far as a phone has room
    plot.legend.location = "left"
    plot.legend.margin = 0
    plot.add_layout(plot.legend[0], "below")
    return plot
