import math

import numpy as np
import pytest
from PIL import Image

from catdcgan.preparation.landmarks import AnnotationError, crop_face, locate_face, parse_landmarks

# An upright face on a photo of 200 x 160: the eyes level, the outer ear bases 80 pixels apart.
UPRIGHT = [(80, 70), (120, 70), (100, 95), (60, 60), (70, 30), (85, 55), (115, 55), (130, 30)]
UPRIGHT = np.array([*UPRIGHT, (140, 60)], float)
SIZE = (200, 160)


def text_of(points):
    return ("9 " + " ".join(f"{x:.0f} {y:.0f}" for x, y in points) + " ").encode()


def turned(points, degrees, centre=(100, 80)):
    angle = math.radians(degrees)
    turn = np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))])
    return (points - centre) @ turn + centre


def photo_with_eyes(points, size=SIZE):
    """Return a grey photo with a red spot at the left eye and a blue one at the right."""
    pixels = np.full((size[1], size[0], 3), 128, np.uint8)
    y, x = np.mgrid[: size[1], : size[0]]
    for point, colour in ((points[0], (255, 0, 0)), (points[1], (0, 0, 255))):
        pixels[np.hypot(x - point[0], y - point[1]) < 4] = colour
    return Image.fromarray(pixels)


def spots(crop):
    """Return where the red and the blue spot are, as shares of the crop's side: x, y each."""
    pixels = np.asarray(crop).astype(int)
    found = []
    for channel in (0, 2):
        y, x = np.nonzero(pixels[..., channel] - pixels[..., 1] > 60)
        found += [(x.mean() + 0.5) / len(pixels), (y.mean() + 0.5) / len(pixels)]
    return found


def test_an_annotation_is_nine_points():
    assert parse_landmarks(text_of(UPRIGHT)).tolist() == UPRIGHT.tolist()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is empty"),
        (b"9 1 2 3", "announces 9 points and has 3 coordinates"),
        (b"8" + text_of(UPRIGHT)[1:], "announces 8 points"),
        (text_of(UPRIGHT) + b"7", "has 19 coordinates"),
        (text_of(UPRIGHT).replace(b"70", b"x", 1), "no number"),
        (text_of(UPRIGHT).replace(b"70", b"nan", 1), "no finite number"),
        (b"\xff\x00\xfe", "no number"),
    ],
)
def test_an_annotation_with_points_missing_or_no_numbers_has_a_reason(text, reason):
    with pytest.raises(AnnotationError, match=reason):
        parse_landmarks(text)


@pytest.mark.parametrize("degrees", [0, 20, -35, 60, -80, 100])
@pytest.mark.parametrize("image_size", [40, 64, 128])
def test_the_eyes_are_level_at_40_percent_of_the_height_and_centred(degrees, image_size):
    points = turned(UPRIGHT, degrees)
    crop = crop_face(photo_with_eyes(points), locate_face(points, *SIZE), image_size)
    assert crop.size == (image_size, image_size)
    # The eyes are 40 of 80 pixels apart: a quarter of the side from the middle each.
    assert spots(crop) == pytest.approx([0.25, 0.4, 0.75, 0.4], abs=0.012)


def test_the_side_is_the_distance_of_the_outer_ear_bases_after_turning():
    assert locate_face(UPRIGHT, *SIZE).side == pytest.approx(80)
    assert locate_face(turned(UPRIGHT, 30), *SIZE).side == pytest.approx(80)


def test_at_a_border_the_crop_stays_square_and_repeats_the_edge_pixels():
    points = UPRIGHT - np.array([70, 45])  # the crop begins left of the photo and above it
    pixels = np.asarray(photo_with_eyes(points)).copy()
    pixels[:, 0] = (10, 200, 30)
    crop = crop_face(Image.fromarray(pixels), locate_face(points, *SIZE), 80)
    assert spots(crop) == pytest.approx([0.25, 0.4, 0.75, 0.4], abs=0.012)
    assert np.abs(np.asarray(crop)[:, :8].astype(int) - (10, 200, 30)).max() <= 3


def test_eyes_annotated_the_wrong_way_round_are_swapped():
    # The left eye right of and above the right one, and the mouth right of that.
    mended = UPRIGHT.copy()
    mended[0], mended[1], mended[2] = (120, 68), (80, 72), (100, 95)
    face = locate_face(mended, *SIZE)
    assert math.degrees(face.angle) == pytest.approx(-5.7, abs=0.1)


def change(**points):
    changed = UPRIGHT.copy()
    names = {"left_eye": 0, "right_eye": 1, "mouth": 2, "left_ear": 3, "right_ear": 8}
    for name, point in points.items():
        changed[names[name]] = point
    return changed


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (change(right_eye=(80, 70)), "both eyes are at the same point"),
        (change(right_ear=(60, 90)), "a face of no width"),
        (change(right_ear=(90, 60)), "farther apart than the ears"),
        (change(mouth=(100, 20)), "the mouth is above the eyes"),
        (UPRIGHT + np.array([170, 0]), "of the face would lie outside the photo"),
        (UPRIGHT * 1e9, "of the face would lie outside the photo"),
    ],
)
def test_points_that_cannot_be_right_have_a_reason(points, reason):
    with pytest.raises(AnnotationError, match=reason):
        locate_face(points, *SIZE)


def test_an_ear_outside_the_photo_is_no_reason():
    assert locate_face(UPRIGHT - np.array([0, 40]), *SIZE).side == pytest.approx(80)
