import numpy as np

from catdcgan.randomness.streams import Purpose, random_stream


def draw(seed, purpose, index):
    return random_stream(seed, purpose, index).random(64).tobytes()


def test_streams_of_other_seeds_purposes_and_places_are_all_different():
    drawn = {
        draw(seed, purpose, index)
        for seed in (0, 1, 2**63 - 1)
        for purpose in Purpose
        for index in (0, 1, 10**12)
    }
    assert len(drawn) == 3 * len(Purpose) * 3


def test_the_numbers_of_a_stream_never_change():
    # They are part of what a seed means; a change here breaks every run that continues.
    drawn = random_stream(5, Purpose.SHUFFLE, 3).permutation(8)
    assert np.array_equal(drawn, [6, 3, 5, 0, 7, 4, 2, 1])
