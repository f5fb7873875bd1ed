import dataclasses
import os

import pytest

from catdcgan.machine.arithmetic import (
    ONEDNN_SWITCH,
    Arithmetic,
    choose_threads,
    describe_arithmetic,
    differences,
)

CORES = os.cpu_count()


@pytest.fixture(autouse=True)
def no_switch(monkeypatch):
    monkeypatch.setenv(ONEDNN_SWITCH, "restored after the test")
    monkeypatch.delenv(ONEDNN_SWITCH)


def recorded(cores):
    return Arithmetic(17, cores, "0", "float32", "", "")


def test_without_a_wish_or_a_record_all_cores_are_used():
    assert choose_threads(None, None) == CORES


def test_what_is_recorded_counts_on_as_many_cores():
    assert choose_threads(None, recorded(cores=CORES)) == 17
    assert os.environ[ONEDNN_SWITCH] == "0"


def test_on_another_number_of_cores_all_of_them_are_used():
    assert choose_threads(None, recorded(cores=CORES + 1)) == CORES
    assert ONEDNN_SWITCH not in os.environ


def test_what_is_asked_for_counts_before_the_record():
    assert choose_threads(3, recorded(cores=CORES)) == 3


def test_the_same_machine_computes_the_same():
    now = describe_arithmetic(2, "float32")
    assert differences(now, now) == []


def test_everything_that_changes_bits_is_named():
    now = describe_arithmetic(2, "float32")
    was = dataclasses.replace(
        now, threads=4, precision="bfloat16", tensorflow="2.0", instruction_set="other"
    )
    assert differences(now, was) == [
        "threads 2 instead of 4",
        "precision float32 instead of bfloat16",
        f"TensorFlow {now.tensorflow} instead of 2.0",
        "another instruction set",
    ]
