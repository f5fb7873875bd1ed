import threading

import pytest

from catdcgan.pictures import parallel
from catdcgan.pictures.parallel import map_on_all_cores


@pytest.fixture(autouse=True, params=[1, 2, 5])
def cores(request, monkeypatch):
    monkeypatch.setattr(parallel, "count_cores", lambda: request.param)
    return request.param


def test_results_come_in_the_order_of_the_items():
    assert list(map_on_all_cores(lambda item: item * 2, range(1000))) == list(range(0, 2000, 2))


def test_items_are_drawn_only_a_few_ahead(cores):
    drawn = []

    def items():
        for item in range(10_000):
            drawn.append(item)
            yield item

    results = map_on_all_cores(lambda item: item, items())
    assert next(results) == 0
    assert len(drawn) <= 64 * cores
    results.close()


def test_items_are_drawn_in_the_calling_thread_and_worked_on_in_others(cores):
    threads = list(map_on_all_cores(lambda item: (item, threading.get_ident()), _identities()))
    assert {drawn for drawn, _ in threads} == {threading.get_ident()}
    assert (threading.get_ident() in {worked for _, worked in threads}) == (cores == 1)


def _identities():
    for _ in range(20):
        yield threading.get_ident()


def test_an_error_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_on_all_cores(lambda item: 1 / item, range(5)))


def test_nothing_to_do_is_nothing():
    assert list(map_on_all_cores(str, [])) == []
