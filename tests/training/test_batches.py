import numpy as np

from catdcgan.settings.schedule import steps_per_epoch
from catdcgan.training.batches import batch_at, epoch_order

IMAGES = np.arange(10 * 2 * 2 * 3, dtype=np.uint8).reshape(10, 2, 2, 3)


def batch(step, **options):
    return batch_at(IMAGES, step, 3, **{"seed": 0, "shuffle": True, "mirror": False, **options})


def numbers(pictures):
    return [int(picture[0, 0, 0]) // 12 for picture in pictures]


def test_the_remainder_of_an_epoch_is_left_out():
    assert steps_per_epoch(10, 3) == 3


def test_an_epoch_shows_no_picture_twice():
    shown = {number for step in range(3) for number in numbers(batch(step))}
    assert len(shown) == 9


def test_each_epoch_has_an_order_of_its_own():
    orders = {tuple(epoch_order(10, 0, epoch, True)) for epoch in range(5)}
    assert len(orders) == 5


def test_a_step_is_the_same_whatever_was_asked_before():
    later = batch(7).tobytes()
    epoch_order.cache_clear()
    assert batch(7).tobytes() == later


def test_another_seed_gives_another_order():
    assert numbers(batch(0, seed=1)) != numbers(batch(0, seed=2))


def test_without_shuffling_the_set_is_shown_in_its_order():
    assert numbers(batch(4, shuffle=False)) == [3, 4, 5]


def test_mirroring_turns_some_pictures_and_leaves_the_others():
    plain, mirrored = batch(0), batch(0, mirror=True)
    as_is = [np.array_equal(a, b) for a, b in zip(plain, mirrored, strict=True)]
    turned = [np.array_equal(a[:, ::-1], b) for a, b in zip(plain, mirrored, strict=True)]
    assert all(a != b for a, b in zip(as_is, turned, strict=True))
    assert {True, False} == {flip for step in range(5) for flip in _flips(step)}


def _flips(step):
    return [
        bool((a != b).any()) for a, b in zip(batch(step), batch(step, mirror=True), strict=True)
    ]


def test_the_set_itself_is_never_changed():
    before = IMAGES.copy()
    batch(0, mirror=True, shuffle=False)[:] = 0
    assert np.array_equal(IMAGES, before)
