"use strict";

// The slider shows one of the pictures that the page carries.
const snapshots = JSON.parse(document.getElementById("snapshots").textContent);
const slider = document.getElementById("slider");
function showSnapshot() {
  const { step, jpeg } = snapshots[slider.value];
  const words = step.toLocaleString("en");
  const picture = document.getElementById("snapshot");
  picture.src = `data:image/jpeg;base64,${jpeg}`;
  picture.alt = `Sheet of generated pictures after step ${words}`;
  document.getElementById("shown-step").textContent = words;
  slider.setAttribute("aria-valuetext", `step ${words}`);
}
if (slider) {
  slider.addEventListener("input", showSnapshot);
  showSnapshot();
}

// The curves are drawn on a canvas, which does not know of the page's colours.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
function paintCharts() {
  const style = getComputedStyle(document.documentElement);
  const text = style.getPropertyValue("--text").trim();
  const line = style.getPropertyValue("--line").trim();
  for (const charts of Bokeh.documents) {
    for (const chart of charts.roots()) {
      for (const part of [...chart.below, ...chart.left, ...chart.center]) {
        if (part.type.endsWith("Axis")) {
          part.setv({
            axis_label_text_color: text, major_label_text_color: text,
            axis_line_color: line, major_tick_line_color: line, minor_tick_line_color: line,
          });
        } else if (part.type === "Legend") {
          part.setv({ label_text_color: text, inactive_fill_alpha: 0 });
        } else if (part.type === "Grid") {
          part.setv({ grid_line_color: line });
        }
      }
      chart.setv({ outline_line_color: line });
    }
  }
}
function paintWhenDrawn(triesLeft) {
  if (window.Bokeh && Bokeh.documents.length) {
    paintCharts();
    dark.addEventListener("change", paintCharts);
  } else if (triesLeft) {
    setTimeout(paintWhenDrawn, 50, triesLeft - 1);
  }
}
paintWhenDrawn(200);
