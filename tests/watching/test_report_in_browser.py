"""The page in a real Chromium; where there is none, these tests skip and say so."""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver

from catdcgan import train
from catdcgan.training import samples
from tests.conftest import TINY_FLAGS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"
)
SECONDS_TO_DRAW = 30


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory, cat_folder):
    """Return a run of eight steps, with three snapshots and its report."""
    run_dir = tmp_path_factory.mktemp("browser") / "<b>run<b>"
    flags = [*TINY_FLAGS, f"--data_dir={cat_folder}", f"--run_dir={run_dir}"]
    greys = itertools.count(40, 60)  # a few steps change no picture that one can see
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            samples,
            "render_chunks",
            lambda *_: iter([np.full((6, 32, 32, 3), next(greys), np.uint8)]),
        )
        assert train.main([*flags, "--max_steps=8", "--report"]) == 0
    return run_dir


@pytest.fixture(scope="module")
def browser(run_dir):
    """Return a browser that shows the report."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    browser = webdriver.Chrome(options, service)
    try:
        show(browser, run_dir)
        yield browser
    finally:
        browser.quit()


def show(browser, run_dir):
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get((run_dir / "report.html").as_uri())
    WebDriverWait(browser, SECONDS_TO_DRAW).until(
        lambda browser: browser.execute_script(
            "return Bokeh.documents.length > 0 && Bokeh.documents.every(charts => charts.is_idle)"
        )
    )


def curve(browser, name):
    return browser.execute_script(
        """
        const source = Bokeh.documents[0].get_model_by_name(arguments[0]);
        return [Array.from(source.get_array("step")), Array.from(source.get_array("value"))];
        """,
        f"curve-{name}",
    )


def colours(browser, scheme):
    """Return (text, page, axis) colours in a colour scheme, red, green and blue each."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    texts = browser.execute_async_script(
        """
        const done = arguments[0];
        setTimeout(() => {
          const style = getComputedStyle(document.body);
          const chart = Bokeh.documents[0].get_model_by_name("chart-losses");
          const probe = document.createElement("i");
          probe.style.color = chart.below[0].axis_label_text_color;
          document.body.append(probe);
          done([style.color, style.backgroundColor, getComputedStyle(probe).color]);
          probe.remove();
        }, 300);
        """
    )
    return [[int(part) for part in text[4:-1].split(",")] for text in texts]


def contrast(first, second):
    """Return the contrast of two colours, 1 to 21 (WCAG 2.1, relative luminance)."""

    def luminance(colour):
        linear = [
            value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
            for value in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_curves_show_the_values_of_the_metrics(browser, run_dir):
    lines = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    for name in ("d_loss", "g_loss", "d_real", "d_fake", "g_gradient_norm"):
        assert curve(browser, name) == [
            [line["step"] for line in lines],
            [line[name] for line in lines],
        ]
    assert curve(browser, "diversity")[0] == [3, 6, 8]


def test_hovering_over_a_curve_shows_its_values(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    chart = browser.find_element(By.CSS_SELECTOR, ".chart")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)

    def hover_until_it_shows(browser):
        ActionChains(browser).move_to_element_with_offset(chart, 3, -20).perform()
        ActionChains(browser).move_by_offset(2, 2).perform()
        text = browser.execute_script(
            """
            let text = "";
            const look = root => {
              for (const element of root.querySelectorAll("*")) {
                if (element.shadowRoot) {
                  const isTip = element.className.includes?.("Tooltip");
                  if (isTip) text += element.shadowRoot.textContent;
                  look(element.shadowRoot);
                }
              }
            };
            look(document);
            return text;
            """
        )
        return "step" in text and "discriminator" in text

    WebDriverWait(browser, SECONDS_TO_DRAW).until(hover_until_it_shows)


def test_every_chart_is_drawn(browser):
    canvases = browser.execute_script(
        """
        const found = [];
        const look = root => {
          for (const element of root.querySelectorAll("*")) {
            if (element.tagName === "CANVAS") found.push(element.width * element.height);
            if (element.shadowRoot) look(element.shadowRoot);
          }
        };
        document.querySelectorAll(".chart").forEach(look);
        return found;
        """
    )
    assert len(canvases) >= 7
    assert all(canvases)


def test_the_slider_changes_the_picture_by_mouse_and_by_keyboard(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    slider = browser.find_element(By.ID, "slider")
    picture = browser.find_element(By.ID, "snapshot")
    seen = []
    for key in (Keys.END, Keys.ARROW_LEFT, Keys.HOME):
        slider.send_keys(key)
        seen.append((picture.get_attribute("alt"), picture.get_attribute("src")))
        assert int(picture.get_attribute("naturalWidth")) == 96
    assert [alt for alt, _ in seen] == [
        f"Sheet of generated pictures after step {step}" for step in (8, 6, 3)
    ]
    assert len({source for _, source in seen}) == 3
    assert slider.get_attribute("aria-valuetext") == "step 3"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_axes_can_be_read_in_light_and_in_the_dark(browser, scheme):
    text, page, axis = colours(browser, scheme)
    assert (sum(page) > 3 * 128) == (scheme == "light")
    assert contrast(text, page) > 7
    assert contrast(axis, page) > 4.5


def test_nothing_is_wider_than_a_phone(browser):
    from selenium.webdriver.support.ui import WebDriverWait

    device = {"width": 375, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
    width = "return document.documentElement.scrollWidth"
    try:
        # The curves follow the new width a moment later.
        WebDriverWait(browser, SECONDS_TO_DRAW).until(
            lambda _: browser.execute_script(width) <= 375
        )
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_everything_has_a_name_and_headings_are_in_order(browser):
    nameless = browser.execute_script(
        """
        const named = element => element.getAttribute("aria-label") ||
          element.getAttribute("alt") || element.labels?.length ||
          element.getAttribute("aria-labelledby") || element.textContent.trim();
        return [...document.querySelectorAll("img, input, progress, a, section, summary")]
          .filter(element => !named(element)).map(element => element.outerHTML.slice(0, 80));
        """
    )
    assert nameless == []
    levels = browser.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_names_from_outside_are_text(browser):
    from selenium.webdriver.common.by import By

    assert "<b>run<b>" in browser.find_element(By.TAG_NAME, "h1").text


def test_nothing_is_fetched_and_the_console_holds_no_complaint(browser, run_dir):
    browser.get_log("browser")
    browser.get_log("performance")
    show(browser, run_dir)
    complaints = [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"]
    assert complaints == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    fetched = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert {url.split(":")[0] for url in fetched} <= {"file", "data", "blob"}
    assert [Path(url).name for url in fetched if url.startswith("file:")] == ["report.html"]
