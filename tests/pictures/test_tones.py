import numpy as np

from catdcgan.pictures.tones import tone_of, tones_in_words


def test_only_what_shows_nothing_is_nearly_black_or_white():
    picture = np.full((16, 16, 3), 15, np.uint8)
    assert tone_of(picture) == "nearly black"
    assert tone_of(255 - picture) == "nearly white"
    picture[0, 0] = 255  # a pixel of a bad sensor
    assert tone_of(picture) == "nearly black"
    picture[:2] = 60
    assert tone_of(picture) == ""


def test_they_are_counted_and_the_first_is_named():
    tones = {"b": "nearly black", "a\n": "nearly black", "c": "nearly white"}
    assert list(tones_in_words(tones)) == [
        "2 pictures are nearly black (the first: a\\n)",
        "1 picture is nearly white (c)",
    ]
