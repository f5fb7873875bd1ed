"""One file becomes one prepared picture, or a reason why not."""

from typing import NamedTuple

import numpy as np

from catdcgan.pictures.decoding import fit, open_photo
from catdcgan.pictures.formats import MissingDecoderError, UndecodableError
from catdcgan.pictures.members import Member, UnreadableError
from catdcgan.pictures.pixels import encode_jpeg
from catdcgan.preparation.duplicates import signature_of
from catdcgan.preparation.landmarks import (
    MOST_BYTES,
    AnnotationError,
    crop_face,
    locate_face,
    parse_landmarks,
)
from catdcgan.preparation.outcomes import BAD_ANNOTATION, TOO_SMALL, UNREADABLE

PICTURE = "picture"


class Prepared(NamedTuple):
    """What became of a file.

    Attributes:
        outcome: `picture`, or the kind of reason for which it was left out.
        reason: in words; empty for a picture.
        jpeg: the picture's file.
        signature: what the picture is remembered by.
        may_change: it could not be read, or not yet, which says nothing of what it holds.
    """

    outcome: str
    reason: str = ""
    jpeg: bytes = b""
    signature: bytes = b""
    may_change: bool = False


def prepare_picture(
    data: bytes, landmarks: bytes | None, image_size: int, min_size: int
) -> Prepared:
    """Cut out the face by its landmarks, or without any the centre, and bring it to size.

    Args:
        data: the file of the picture.
        landmarks: its annotation, where it has one.
        min_size: the least side of the square that is cut out, in pixels of the photo.
    """
    try:
        if landmarks is None:
            # Twice the size asked for, so that reducing it still has something to average.
            photo = open_photo(data, enough=2 * image_size)
            side, pixels = float(min(photo.size)), fit(photo.image, image_size)
            what = "the shorter side of the picture"
        else:
            # As it lies in the file: that is what was annotated, and the eyes say what is up.
            photo = open_photo(data, upright=False)
            face = locate_face(parse_landmarks(landmarks), *photo.size)
            side, what = face.side, "the face"
            pixels = np.asarray(crop_face(photo.image, face, image_size))
    except MissingDecoderError as error:
        return Prepared(UNREADABLE, str(error), may_change=True)
    except UndecodableError as error:
        return Prepared(UNREADABLE, str(error))
    except AnnotationError as error:
        return Prepared(BAD_ANNOTATION, str(error))
    if side < min_size:
        return Prepared(TOO_SMALL, f"{what} has {side:.0f} pixels; --min_size asks for {min_size}")
    return Prepared(PICTURE, "", encode_jpeg(pixels), signature_of(pixels))


def read_landmarks(member: Member) -> bytes:
    """Return the content of an annotation.

    Raises:
        UnreadableError: it cannot be read, or is far too long to be one.
    """
    try:
        return member.read(MOST_BYTES)
    except UnreadableError as error:
        raise UnreadableError(f"the annotation: {error}") from error
