import re
from pathlib import Path

from catdcgan.metrics.catalogue import (
    EVALUATION_CHARTS,
    FIGURES,
    TRAINING,
    TRAINING_CHARTS,
    number_of,
    numbers_table,
)

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documentation_has_every_number_of_training():
    text = (DOCS / "health.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- numbers -->\n(.*)\n<!-- /numbers -->", text, re.DOTALL)[1]
    assert shown == numbers_table(), "python -m catdcgan.metrics.catalogue prints the present table"


def test_no_two_numbers_share_a_tag():
    tags = [number.tag for number in TRAINING.values()]
    assert None not in tags
    assert len(set(tags)) == len(tags)


def test_charts_show_numbers_that_are_measured():
    shown = {name for chart in TRAINING_CHARTS for name in chart.numbers}
    assert shown <= TRAINING.keys()
    assert {name for chart in EVALUATION_CHARTS for name in chart.numbers} == FIGURES.keys()


def test_a_level_of_the_distance_is_known_by_its_size():
    level = number_of("swd_64")
    assert (level.words, level.heading, level.better) == ("  at 64 pixels", "SWD 64", "lower")
