"""Signals to this process itself; its end is noted and does not happen."""

import os
import signal
import time

import pytest

from catdcgan.machine import stop_signals
from catdcgan.machine.stop_signals import SIGNALS, StoppedEarly, listen_for_stop, raise_early


@pytest.fixture
def ends(monkeypatch):
    """Return the exit codes that the process would have ended with."""
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(stop_signals, "SECONDS_OF_ONE_WISH", 0.15)
    return codes


def send(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)
        time.sleep(0.02)


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_signals_at_nearly_the_same_time_are_one_wish(ends, first, second):
    said = []
    with listen_for_stop(said.append) as stop:
        send(first, second, first)
        assert stop.number == first
    assert ends == []
    assert len(said) == 1


@pytest.mark.parametrize("second", SIGNALS)
def test_a_second_signal_later_quits_at_once_but_not_the_end_of_the_terminal(ends, second):
    with listen_for_stop(lambda line: None):
        send(signal.SIGTERM)
        time.sleep(0.2)
        send(second)
    assert ends == ([] if second == signal.SIGHUP else [128 + second])


@pytest.mark.parametrize("number", SIGNALS)
def test_where_nobody_listens_a_signal_ends_the_work_in_order_and_its_copies_do_not(ends, number):
    with raise_early():
        with pytest.raises(StoppedEarly, match=number.name):
            send(number)
        send(number)  # while what was begun is being ended
        time.sleep(0.2)
        send(number)
    assert ends == [128 + number]


def test_a_signal_whose_exception_was_lost_still_stops_the_run(ends):
    with raise_early():
        with pytest.raises(StoppedEarly):
            send(signal.SIGTERM)
        with listen_for_stop(lambda line: None) as stop:
            time.sleep(0.02)
            assert stop.number == signal.SIGTERM
    assert ends == []


def test_ignored_signals_stay_ignored():
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with raise_early():
            send(signal.SIGHUP)
            with listen_for_stop(lambda line: None) as stop:
                send(signal.SIGHUP)
                assert not stop
    finally:
        signal.signal(signal.SIGHUP, previous)
