"""Runs that were hurt end as if nothing had happened.

`./run_tests.sh --faults N` does N of each instead of the few of the ordinary tests.
"""

import random
import shutil
import signal

import pytest

from tests.faults import harness

HURTS_A_RUN = 4  # before it is left in peace and compared


@pytest.fixture(scope="session")
def unhurt(cat_folder, tmp_path_factory):
    """Return the folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("unhurt")
    harness.finish(cat_folder, folder)
    return folder


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_signals_at_random_moments_leave_no_trace(
    number, unhurt, cat_folder, tmp_path, faults, request
):
    expected = harness.state_of(unhurt)
    chance = random.Random(f"{number.name} {request.config.getoption('--faults-seed')}")
    hurts, run = 0, 0
    while hurts < faults:
        folder = tmp_path / str(run)
        run += 1
        for _ in range(min(HURTS_A_RUN, faults - hurts)):
            # A run that was faster than the signal is not counted, but compared all the same.
            if not harness.hurt_at_random(cat_folder, folder, number, chance):
                break
            hurts += 1
        harness.finish(cat_folder, folder)
        assert harness.state_of(folder) == expected, folder
        shutil.rmtree(folder)
    assert hurts == faults


def test_damage_to_the_newest_checkpoint_is_found_and_survived(
    unhurt, cat_folder, tmp_path, faults, request
):
    expected = harness.state_of(unhurt)
    chance = random.Random(f"damage {request.config.getoption('--faults-seed')}")
    for number in range(faults):
        folder = tmp_path / str(number)
        shutil.copytree(unhurt, folder)
        (folder / "run" / "DONE").unlink()
        damaged = harness.damage_at_random(folder, chance)
        harness.finish(cat_folder, folder)
        log = (folder / "run" / "train.log").read_text()
        assert f"passed over run/model.ckpt-{harness.STEPS:08d}: " in log, damaged
        assert harness.state_of(folder) == expected, damaged
        shutil.rmtree(folder)
