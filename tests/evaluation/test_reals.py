import numpy as np
import pytest

from catdcgan.console.errors import UserError
from catdcgan.evaluation.reals import Known, choose_reals, enough, spread_indices


def known(count, first=0, key="key"):
    """Return pictures of one pixel each, which are numbered."""
    images = np.arange(first, first + count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Known(images, f"{count} pictures", key)


def numbers(selection):
    return {int(image.item()) for image in selection[:]}


def test_without_a_reference_the_training_pictures_are_parted_in_two():
    reals = choose_reals(known(41), None, None)
    assert len(reals.reference) == len(reals.others) == 20
    assert not numbers(reals.reference) & numbers(reals.others)
    assert not reals.fresh


def test_the_floor_of_a_reference_is_against_training_pictures():
    reals = choose_reals(known(30), known(20, 100), 12)
    assert numbers(reals.reference) <= set(range(100, 120))
    assert numbers(reals.others) <= set(range(30))
    assert len(reals.reference) == len(reals.others) == 12
    assert reals.fresh


def test_where_there_are_fewer_training_pictures_the_words_say_so():
    reals = choose_reals(known(7), known(20, 100), None)
    assert (len(reals.reference), len(reals.others)) == (20, 7)
    assert "against 7 of 7 pictures" in reals.words


def test_the_same_pictures_are_chosen_each_time():
    first, second = (choose_reals(known(200), None, 20) for _ in range(2))
    assert (first.reference[:] == second.reference[:]).all()
    assert numbers(first.reference) != set(range(20))
    assert first.key == second.key


@pytest.mark.parametrize(
    "other", [(known(40, key="x"), None, 10), (known(40), known(20), 10), (known(40), None, 11)]
)
def test_the_key_tells_sets_and_numbers_apart(other):
    assert choose_reals(known(40), None, 10).key != choose_reals(*other).key


def test_no_more_samples_are_compared_than_there_are():
    assert len(choose_reals(known(200), None, None, available=30).reference) == 30


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((known(40), None, 21), "--num: 21; there are 40 pictures; at most 20"),
        ((known(40), known(10), 11), "--num: 11; there are 10 pictures; at most 10"),
        ((known(40), None, 11, 10), "--num: 11; there are 10 samples"),
        ((known(11), None, None), "11 pictures: too few; 12 pictures and 6 samples"),
        ((known(40), None, None, 5), "40 pictures, 5 samples: too few"),
        ((known(5), known(20, 100), None), "5 pictures learned from: too few; 6 are needed"),
    ],
)
def test_too_few_pictures_are_an_error(arguments, found):
    with pytest.raises(UserError, match=found):
        choose_reals(*arguments)


def test_too_few_that_were_held_back_are_none():
    assert enough(known(5)) is None
    assert len(enough(known(6)).images) == 6


def test_indices_are_spread_evenly():
    assert spread_indices(3, 5).tolist() == [0, 1, 2]
    assert spread_indices(10, 5).tolist() == [0, 2, 4, 6, 8]
