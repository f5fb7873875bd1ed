"""Workers that are killed, frozen, late, slow or asked to stop: no run shows that it happened.

`./run_tests.sh tests/workers --faults N` does N of them, on two and three workers.
"""

import random
import shutil
import signal
import time

import pytest

from tests.faults import harness
from tests.workers.harness import Workers

SECONDS_TO_LEAVE = 20.0  # with a --peer_timeout of 4, while the machine is busy
HURTS = "kill", "freeze", "stop", "late", "slow"


@pytest.mark.long
def test_whatever_happens_to_a_worker_leaves_no_trace(tmp_path, digit_folder, request):
    count = request.config.getoption("--faults")
    steps = harness.STEPS
    chance = random.Random(request.config.getoption("--faults-seed"))

    def start(folder, workers, **options):
        flags = f"--data_dir={digit_folder}", f"--max_steps={steps}"
        return Workers(tmp_path / folder, workers, *flags, **options)

    unhurt = {}
    for number in range(count):
        workers = 2 + number % 2
        if workers not in unhurt:
            undisturbed = start(f"unhurt{workers}", workers)
            assert {ended.code for ended in undisturbed.wait().values()} == {0}
            unhurt[workers] = harness.state_of(undisturbed.folder / "worker0")
        kind, victim = HURTS[number // 2 % len(HURTS)], chance.randrange(workers)
        own = {0: {"WORKER_HURT": kind}} if kind == "slow" else None
        patient = start(str(number), workers, own=own)
        hurt(patient, kind, victim, chance, steps)
        again = start(str(number), workers)
        assert {ended.code for ended in again.wait().values()} == {0}, (number, kind, victim)
        state = harness.state_of(again.folder / "worker0")
        assert state == unhurt[workers], (number, kind, victim)
        shutil.rmtree(again.folder)


def hurt(patient, kind, victim, chance, steps):
    """Do something to a worker at a random moment; check how the others leave."""
    process = patient.processes[victim]
    if kind == "late":  # it is not there in time for the first words, then it is
        process.send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0.0, 8.0))
        process.send_signal(signal.SIGCONT)
        codes = {ended.code for ended in patient.wait().values()}
        assert codes <= {0, 75}, codes
        return
    if kind == "slow":  # for longer than the others would wait for a sign of life
        assert {ended.code for ended in patient.wait().values()} == {0}
        return
    patient.wait_for_step(chance.randrange(1, steps))
    time.sleep(chance.uniform(0.0, 0.05))
    signals = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "stop": signal.SIGTERM}
    process.send_signal(signals[kind])
    began = time.monotonic()
    ended = patient.wait(but=() if kind == "stop" else (victim,))
    codes = {one.code for one in ended.values()}
    assert codes <= {0, 75, 128 + signal.SIGTERM}, (codes, ended)
    assert time.monotonic() - began < SECONDS_TO_LEAVE
