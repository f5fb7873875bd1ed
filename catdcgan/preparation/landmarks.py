"""The nine landmarks of a cat's face in the CAT dataset, and the upright crop that they give.

W. Zhang, J. Sun, X. Tang, "Cat Head Detection", ECCV 2008. The crop is the customary one of
A. Hovland and A. Jolicoeur-Martineau.
"""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

LEFT_EYE, RIGHT_EYE, MOUTH, LEFT_EAR_OUTER, RIGHT_EAR_OUTER = 0, 1, 2, 3, 8
COUNT = 9
MOST_BYTES = 4096  # of an annotation, which has about 70
EYES_AT = (0.5, 0.4)  # where the eyes' midpoint lies in a crop, as shares of its side
LEAST_INSIDE = 0.5  # share of a crop that must lie inside the photo
_SAMPLES = 64  # points along a side by which that share is measured


class AnnotationError(Exception):
    """Landmarks that cannot be right; the text is the reason."""


class Face(NamedTuple):
    """A square on a photo, in pixels; the corner of the first pixel is (0, 0).

    Attributes:
        x: of the midpoint of the eyes.
        y: of the midpoint of the eyes.
        angle: by which the face is turned, clockwise on the screen, in radians.
        side: of the square.
    """

    x: float
    y: float
    angle: float
    side: float


def parse_landmarks(text: bytes) -> np.ndarray:
    """Return the points of an annotation, `9 x1 y1 ... x9 y9` -> float64 `[9, 2]`, in pixels.

    They are: left eye, right eye, mouth, left ear (outer base, tip, inner base), right ear (inner
    base, tip, outer base), left being the viewer's.

    Raises:
        AnnotationError: points are missing or are not numbers.
    """
    words = text.split()
    if not words:
        raise AnnotationError("the annotation is empty")
    try:
        numbers = np.array([float(word) for word in words])
    except ValueError:
        raise AnnotationError("the annotation holds something that is no number") from None
    if not np.isfinite(numbers).all():
        raise AnnotationError("the annotation holds something that is no finite number")
    if numbers[0] != COUNT or len(numbers) != 1 + 2 * COUNT:
        raise AnnotationError(
            f"the annotation announces {numbers[0]:g} points and has {len(numbers) - 1} "
            f"coordinates; {COUNT} points, {2 * COUNT} coordinates, are needed"
        )
    return numbers[1:].reshape(COUNT, 2)


def locate_face(points: np.ndarray, width: int, height: int) -> Face:
    """Return where the face is on a photo of `width` x `height` pixels, float `[9, 2]` -> Face.

    Raises:
        AnnotationError: the geometry shows that the points cannot be right.
    """
    left_eye, right_eye, mouth = points[LEFT_EYE], points[RIGHT_EYE], points[MOUTH]
    if left_eye[0] > right_eye[0] and left_eye[1] < right_eye[1] and mouth[0] > right_eye[0]:
        left_eye, right_eye = right_eye, left_eye  # annotated the wrong way round
    apart = right_eye - left_eye
    if not apart.any():
        raise AnnotationError("both eyes are at the same point")
    middle = (left_eye + right_eye) / 2
    angle = math.atan2(apart[1], apart[0])
    upright = (points - middle) @ _turn(angle)
    side = abs(upright[RIGHT_EAR_OUTER, 0] - upright[LEFT_EAR_OUTER, 0])
    if side < 1:
        raise AnnotationError("the ears are at the same place: a face of no width")
    if math.hypot(*apart) > side:
        raise AnnotationError("the eyes are farther apart than the ears")
    if upright[MOUTH, 1] <= 0:
        raise AnnotationError("the mouth is above the eyes")
    # Coordinates name pixels; the middle of a pixel is half a pixel from its corner.
    face = Face(middle[0] + 0.5, middle[1] + 0.5, angle, side)
    inside = _share_inside(face, width, height)
    if inside < LEAST_INSIDE:
        raise AnnotationError(f"{1 - inside:.0%} of the face would lie outside the photo")
    return face


def crop_face(photo: Image.Image, face: Face, image_size: int) -> Image.Image:
    """Return the face upright, its eyes level at 40 % of the height, `image_size` pixels square.

    What lies outside the photo repeats its edge pixels.
    """
    # Differs from the original, which cut a crop that reached over a border and squashed it to a
    # square later: the eyes stay where they are in all the others.
    corners = _to_photo(np.array([(0, 0), (1, 0), (0, 1), (1, 1)]), face)
    margin = 3  # pixels that the cubic filter reads around the square
    low = np.floor(corners.min(axis=0)).astype(int) - margin
    high = np.ceil(corners.max(axis=0)).astype(int) + margin
    size = np.array(photo.size)
    inner_low, inner_high = np.clip(low, 0, size - 1), np.clip(high, 1, size)
    inner_high = np.maximum(inner_high, inner_low + 1)
    part = np.asarray(photo.crop((*inner_low, *inner_high)))
    (left, top), (right, bottom) = inner_low - low, high - inner_high
    part = np.pad(part, ((top, bottom), (left, right), (0, 0)), mode="edge")
    # Turned at the size it has, then reduced: turning and reducing at once would alias.
    side = max(image_size, math.ceil(face.side))
    step = face.side / side
    cosine, sine = math.cos(face.angle) * step, math.sin(face.angle) * step
    origin = corners[0] - low
    turned = Image.fromarray(part).transform(
        (side, side),
        Image.Transform.AFFINE,
        (cosine, -sine, origin[0], sine, cosine, origin[1]),
        Image.Resampling.BICUBIC,
    )
    if side == image_size:
        return turned
    return turned.resize((image_size, image_size), Image.Resampling.LANCZOS)


def _turn(angle: float) -> np.ndarray:
    """Return the matrix that turns row vectors by -angle, which makes a face upright."""
    return np.array([(math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))])


def _to_photo(places: np.ndarray, face: Face) -> np.ndarray:
    """Map places in a crop, as shares of its side, to the photo, float `[N, 2]` -> `[N, 2]`."""
    return (places - EYES_AT) * face.side @ _turn(face.angle).T + (face.x, face.y)


def _share_inside(face: Face, width: int, height: int) -> float:
    shares = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    places = np.stack(np.meshgrid(shares, shares), axis=-1).reshape(-1, 2)
    where = _to_photo(places, face)
    return float(((where >= 0) & (where < (width, height))).all(axis=1).mean())
