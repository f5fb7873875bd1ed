import dataclasses
import os

import pytest

from catdcgan.machine import arithmetic
from catdcgan.machine.arithmetic import (
    Arithmetic,
    choose_threads,
    describe_arithmetic,
    differences,
    parse_arithmetic,
    wants_onednn,
)

CORES = os.cpu_count()
OF_LAPTOPS = {"sse2", "avx", "avx2", "fma"}
OF_SERVERS = {*OF_LAPTOPS, "avx512f", "avx512_vnni"}


def recorded(cores=CORES, onednn=False):
    return Arithmetic(17, cores, onednn, "float32", "", "")


@pytest.fixture
def on_a_processor(monkeypatch):
    def pretend(features):
        monkeypatch.setattr(arithmetic, "processor_features", lambda: features)

    return pretend


def of_an_earlier_version(onednn):
    """Return what `run.json` held at first: text, and "1" where nobody had said anything."""
    known = dataclasses.asdict(describe_arithmetic(2, "float32")) | {"onednn": onednn}
    del known["caches"], known["variables"]
    return known


def test_without_a_wish_or_a_record_all_cores_are_used():
    assert choose_threads(None, None) == CORES


def test_what_is_recorded_counts_on_as_many_cores():
    assert choose_threads(None, recorded(cores=CORES)) == 17


def test_on_another_number_of_cores_all_of_them_are_used():
    assert choose_threads(None, recorded(cores=CORES + 1)) == CORES


def test_what_is_asked_for_counts_before_the_record():
    assert choose_threads(3, recorded(cores=CORES)) == 3


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (None, True),
        (recorded(onednn=True), True),
        (recorded(onednn=False), False),
        (recorded(onednn=None), True),
        (recorded(cores=CORES + 1), False),
    ],
)
def test_onednn_is_on_unless_the_run_so_far_had_it_off(record, wanted):
    assert wants_onednn(record) is wanted


def test_a_record_is_read_as_it_was_written():
    now = describe_arithmetic(2, "float32")
    assert parse_arithmetic(dataclasses.asdict(now)) == now


@pytest.mark.parametrize(("features", "used"), [(OF_LAPTOPS, False), (OF_SERVERS, True)])
def test_an_unset_switch_of_earlier_versions_was_the_processors_choice(
    features, used, on_a_processor
):
    on_a_processor(features)
    assert parse_arithmetic(of_an_earlier_version("1")).onednn is used


def test_what_an_earlier_version_continued_was_started_with_the_switch(on_a_processor):
    on_a_processor(OF_LAPTOPS)
    assert parse_arithmetic(of_an_earlier_version("1"), continued=True).onednn is True


def test_a_switch_that_earlier_versions_found_off_was_off(on_a_processor):
    on_a_processor(OF_SERVERS)
    assert parse_arithmetic(of_an_earlier_version("0")).onednn is False


def test_on_another_processor_nobody_knows_what_an_earlier_version_did(on_a_processor):
    on_a_processor(OF_SERVERS)
    record = of_an_earlier_version("1")
    on_a_processor(OF_LAPTOPS)
    now = describe_arithmetic(2, "float32")
    assert differences(now, parse_arithmetic(record)) == [
        "whether oneDNN was used is not known",
        "another instruction set",
    ]


def test_the_same_machine_computes_the_same():
    now = describe_arithmetic(2, "float32")
    assert differences(now, now) == []


def test_what_an_earlier_version_did_not_note_is_no_difference():
    now = describe_arithmetic(2, "float32")
    assert differences(now, dataclasses.replace(now, caches=None, variables=None)) == []


def test_everything_that_changes_bits_is_named(monkeypatch):
    for name in arithmetic.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    now = describe_arithmetic(2, "float32")
    was = dataclasses.replace(
        now,
        threads=4,
        precision="bfloat16",
        tensorflow="2.0",
        onednn=not now.onednn,
        caches="L1d 1K",
        variables={},
    )
    assert differences(now, was) == [
        "threads 2 instead of 4",
        "precision float32 instead of bfloat16",
        f"TensorFlow {now.tensorflow} instead of 2.0",
        "with oneDNN" if now.onednn else "without oneDNN",
        "caches of other sizes",
        "ONEDNN_MAX_CPU_ISA AVX2 instead of unset",
    ]
