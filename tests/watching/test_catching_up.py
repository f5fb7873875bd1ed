import json
import random

import pytest

from catdcgan.watching import catching_up
from catdcgan.watching.catching_up import catch_up
from catdcgan.watching.curves import Curves
from catdcgan.watching.health import Health

STEPS = 6000


def numbers_of(step):
    """Return numbers in which each of several rules holds for a while, and for the last steps."""
    chance = random.Random(step)
    d_wins = 600 < step < 1500 or 2500 < step < 2700 or step > STEPS - 150
    found = {
        "d_loss": 9.0 if 3000 < step < 3500 or 5500 < step < 5900 else chance.uniform(1.0, 1.2),
        "g_loss": chance.uniform(1.0, 1.2),
        "d_fake": 0.01 if d_wins else 0.4,
        "d_accuracy_real": 1.0 if d_wins else 0.7,
        "d_accuracy_fake": 1.0 if d_wins else 0.7,
        "g_gradient_norm": 0.001 if 4000 < step < 5980 else 1.0,
    }
    if step % 100 == 0:
        alike = 1800 < step < 2600 or step > 5500
        found |= {"diversity": 0.1 if alike else 0.9, "sharpness": chance.uniform(0.5, 1.5)}
    return found


@pytest.fixture(scope="module")
def noted(tmp_path_factory):
    """Return the metrics of a run, and its health, as they were at its last step."""
    path, health = tmp_path_factory.mktemp("run") / "metrics.jsonl", Health(4096, 16)
    with open(path, "w") as file:
        for step in range(1, STEPS + 1):
            numbers = numbers_of(step)
            health.take_in(step, numbers)
            line = {"step": step, "epoch": 1, **numbers, "timing": {"seconds": 0.1}}
            if health.present:
                line["health"] = health.present
            file.write(json.dumps(line) + "\n")
    assert len(health.complaints) > 4
    assert health.present
    return path, health


@pytest.mark.parametrize("judged_again", [1500, 3000, STEPS])
def test_a_run_goes_on_with_the_complaints_that_it_had(noted, judged_again, monkeypatch):
    monkeypatch.setattr(catching_up, "JUDGED_AGAIN", judged_again)
    path, health = noted
    caught_up = Health(4096, 16)
    catch_up(path, STEPS, caught_up, Curves())
    assert caught_up.complaints == health.complaints
    assert caught_up.present == health.present


@pytest.mark.parametrize("judged_again", [1500, 3000])
def test_what_comes_then_is_judged_as_if_it_had_never_stopped(noted, judged_again, monkeypatch):
    path, _ = noted
    found = []
    for again in (judged_again, STEPS):
        monkeypatch.setattr(catching_up, "JUDGED_AGAIN", again)
        health = Health(4096, 16)
        catch_up(path, STEPS, health, Curves())
        for step in range(STEPS + 1, STEPS + 600):
            health.take_in(step, numbers_of(step))
        found.append((health.complaints, health.present))
    assert found[0] == found[1]


def test_curves_and_latest_numbers_are_those_of_the_steps_one_by_one(noted):
    path, _ = noted
    curves, expected = Curves(), Curves()
    latest = catch_up(path, STEPS, Health(4096, 16), curves)
    for step in range(1, STEPS + 1):
        expected.add(step, {**numbers_of(step), "seconds": 0.1})
    for name in ("d_loss", "diversity", "seconds"):
        assert curves[name].steps == expected[name].steps
        assert curves[name].values == pytest.approx(expected[name].values, rel=1e-12)
    assert latest["diversity"] == numbers_of(STEPS)["diversity"]


def test_what_no_version_has_noted_is_found_in_the_latest_steps(noted, tmp_path, monkeypatch):
    monkeypatch.setattr(catching_up, "JUDGED_AGAIN", 1500)
    path, health = noted
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    for line in lines:
        line.pop("health", None)
    without = tmp_path / "metrics.jsonl"
    without.write_text("".join(json.dumps(line) + "\n" for line in lines))
    caught_up = Health(4096, 16)
    catch_up(without, STEPS, caught_up, Curves())
    assert caught_up.present.keys() == health.present.keys()
