"""Runs that were hurt end as if nothing had happened.

`./run_tests.sh tests/faults --faults N` kills, signals and damages N times each: spread over the
switches of oneDNN and all configurations, where the ordinary tests do one of each a switch.
"""

import itertools
import random
import shutil
import signal

import pytest
from PIL import Image

from catdcgan.datasets.drawn_cats import draw_cat
from tests.faults import harness
from tests.faults.harness import CONFIGURATIONS, SWITCHES, Patient


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Return a folder with 40 drawn cats of 32 pixels: 5 steps an epoch."""
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(40):
        Image.fromarray(draw_cat(index, 32)).save(folder / f"cat{index:02}.png")
    return folder


@pytest.fixture(params=SWITCHES, ids=["unset", "off", "on"])
def switch(request):
    return request.param


@pytest.fixture
def rounds(switch, request):
    """Return the configuration of each round: of the ordinary one, another with each switch."""
    count = -(-request.config.getoption("--faults") // len(SWITCHES))
    endless = itertools.cycle(CONFIGURATIONS)
    return list(itertools.islice(endless, SWITCHES.index(switch), SWITCHES.index(switch) + count))


def test_kills_signals_and_damage_leave_no_trace(switch, rounds, pictures, tmp_path, request):
    seed = request.config.getoption("--faults-seed")
    chance = random.Random(f"{switch} {seed}")
    unhurt = {
        configuration: Patient(configuration, pictures, tmp_path / configuration, switch).finish()
        for configuration in sorted(set(rounds))
    }
    for number, configuration in enumerate(rounds):
        expected = unhurt[configuration]
        patient = Patient(configuration, pictures, tmp_path / str(number), switch)
        hurts = [signal.SIGKILL, signal.SIGTERM]
        chance.shuffle(hurts)
        while hurts:
            if patient.hurt(hurts[-1], chance):
                hurts.pop()
            else:  # it was quicker, and is compared all the same; the next one begins anew
                assert harness.state_of(patient.folder) == expected, patient
                shutil.rmtree(patient.folder)
        assert patient.finish() == expected, patient

        if number == 0:
            snapshot = patient.folder / f"run/snapshots/{harness.STEPS:08d}.jpg"
            assert patient.sample() == snapshot.read_bytes()

        (patient.folder / "run/DONE").unlink()
        damaged = harness.damage_at_random(patient.folder, chance)
        assert patient.finish() == expected, damaged
        log = (patient.folder / "run/train.log").read_text()
        assert f"passed over run/model.ckpt-{harness.STEPS:08d}: " in log, damaged
        shutil.rmtree(patient.folder)
