import re
from itertools import pairwise
from pathlib import Path

import pytest

from catdcgan.watching import health
from catdcgan.watching.health import PATIENCE, RELIEF, RULES, WARM_UP, Health, in_short

SOUND = {
    "d_loss": 0.7,
    "g_loss": 3.0,
    "d_real": 0.75,
    "d_fake": 0.15,
    "d_accuracy_real": 0.85,
    "d_accuracy_fake": 0.93,
    "d_gradient_norm": 12.0,
    "g_gradient_norm": 30.0,
}
SOUND_PICTURES = {"diversity": 0.8, "sharpness": 1.2}
D_WINS = {"d_accuracy_real": 1.0, "d_accuracy_fake": 1.0, "d_fake": 0.001, "d_real": 0.99}
SNAPSHOT_EVERY = 50


class Run:
    """Feeds numbers to the rules, step after step, and keeps what they say."""

    def __init__(self, pictures=4096):
        self.health = Health(pictures, batch_size=16)
        self.step = 0
        self.said = []

    def go(self, steps, **numbers):
        for _ in range(steps):
            self.step += 1
            row = SOUND | {k: v for k, v in numbers.items() if k not in SOUND_PICTURES}
            if self.step % SNAPSHOT_EVERY == 0:
                row |= SOUND_PICTURES | {k: v for k, v in numbers.items() if k in SOUND_PICTURES}
            for complaint in self.health.take_in(self.step, row):
                self.said.append((self.step, complaint.name, complaint.until))
        return self

    def names(self):
        return [name for _, name, _ in self.said]


def test_a_sound_run_has_nothing_to_complain_of():
    run = Run().go(5000)
    assert run.said == []
    assert in_short(run.health.present) == "healthy"


def test_a_sentence_is_said_once_when_it_begins_and_once_when_it_passes():
    run = Run().go(500).go(2000, **D_WINS).go(1000)
    assert [name for _, name, _ in run.said] == ["d_wins", "d_wins"]
    (begun, _, still), (passed, _, until) = run.said
    assert still is None
    assert begun > 500 + PATIENCE
    assert until is not None
    assert passed == until + RELIEF
    assert run.health.present == {}


def test_early_on_nothing_is_said_of_a_discriminator_that_is_ahead_for_a_while():
    assert Run().go(PATIENCE - 50, **D_WINS).go(1000).said == []


def test_what_a_rule_says_names_the_steps_and_what_to_try():
    run = Run().go(2000, **D_WINS)
    (complaint,) = run.health.complaints
    assert complaint.in_words(2000) == (
        f"the discriminator has been winning for {2000 - complaint.since:,} steps: "
        "try a lower --lr_d, or a higher --lr_g"
    )
    run.go(500)
    assert complaint.in_words(2500).startswith("passed: D is winning, from step 1 to step 2,")


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("d_wins", D_WINS),
        ("g_wins", {"d_accuracy_fake": 0.05, "d_fake": 0.9}),
        ("g_stuck", D_WINS | {"g_gradient_norm": 1e-6}),
        ("diverges", {"d_loss": 9.0}),
        ("diverges", {"g_loss": 60.0}),
        ("collapsed", {"diversity": 0.05}),
        ("noisy", {"sharpness": 5.0}),
        ("blurred", {"sharpness": 0.1}),
    ],
)
def test_each_sickness_is_found(name, numbers):
    assert set(Run().go(WARM_UP + 500, **numbers).names()) == {name}


def test_samples_have_time_to_become_different():
    run = Run().go(WARM_UP - SNAPSHOT_EVERY, diversity=0.01, sharpness=0.05).go(1000)
    assert run.said == []


def test_samples_that_were_different_and_are_not_any_more_have_collapsed_even_early():
    assert Run().go(400).go(4 * SNAPSHOT_EVERY, diversity=0.1).names() == ["collapsed"]


def test_samples_that_become_alike_are_told_before_they_have_collapsed():
    run = Run().go(2000).go(400, diversity=0.4).go(400, diversity=0.1)
    assert run.names() == ["becoming_alike", "collapsed", "becoming_alike"]
    assert run.said[2][2] is not None  # the first complaint has given way to the second


def test_one_odd_snapshot_is_not_a_collapse():
    assert Run().go(2000).go(SNAPSHOT_EVERY, diversity=0.1).go(1000).said == []


def test_a_few_pictures_are_told_of_once_they_have_been_shown_often():
    run = Run(pictures=10).go(1500)
    assert run.names() == ["few_pictures"]
    assert run.said[0][0] == 188  # 188 * 16 / 10 is just above 300
    assert Run(pictures=4096).go(1500).said == []


def test_the_rules_are_a_function_of_the_numbers_alone():
    history = [SOUND | D_WINS] * 700 + [SOUND] * 300
    first, again = Health(4096, 16), Health(4096, 16)
    for step, numbers in enumerate(history, 1):
        first.take_in(step, numbers)
    for step, numbers in enumerate(history[:600], 1):
        again.take_in(step, numbers)
    said = [again.take_in(step, numbers) for step, numbers in enumerate(history[600:], 601)]
    assert again.complaints == first.complaints
    assert [c.name for row in said for c in row] == ["d_wins"]  # it passes, and is not said anew


def test_numbers_of_an_earlier_version_are_enough_for_the_rules_they_suffice_for():
    health_of = Health(4096, 16)
    for step in range(1, 1001):
        health_of.take_in(step, {"d_loss": 9.0, "g_loss": 1.0})
    assert list(health_of.present) == ["diverges"]


def test_the_names_of_the_rules_are_different():
    names = sorted(rule.name for rule in RULES)
    assert all(one != other for one, other in pairwise(names))
    assert health.COLLAPSED in names


def test_the_documentation_has_every_rule_and_its_thresholds():
    text = (Path(__file__).parents[2] / "docs/health.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line[:2] == "| "}
    assert {rule.short for rule in RULES} <= rows.keys()
    for short, threshold in (
        ("D is winning", f"{health.D_ALWAYS_RIGHT:.0%}".replace("%", " %")),
        ("D is winning", f"{health.D_SURE_OF_FAKES:g}"),
        ("G is winning", f"{health.D_FOOLED:.0%}".replace("%", " %")),
        ("G is stuck", f"{health.G_GRADIENT_GONE:g}"),
        ("losses run away", f"{health.D_LOSS_HIGH:g}"),
        ("losses run away", f"{health.G_LOSS_HIGH:g}"),
        ("samples are alike", f"{health.ALIKE:g}"),
        ("samples are alike", f"{health.WARM_UP:,}"),
        ("samples become alike", f"{health.FALLEN:.0%}".replace("%", " %")),
        ("samples are noisy", f"{health.NOISY:g}"),
        ("samples are blurred", f"{health.BLURRED:g}"),
        ("few pictures", f"{health.FEW_PICTURES}"),
        ("few pictures", f"{health.TIMES_SEEN}"),
    ):
        assert re.search(rf"(?<!\S){re.escape(threshold)}[ ,]", rows[short])
