"""One picture file, whatever its format, mode and size, becomes RGB pixels of one size."""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# Formats that Pillow decodes by itself; others (EPS) start programs, or are rarely photographs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
BACKGROUND = (255, 255, 255)  # behind transparent pixels, as picture viewers show them

# Pillow only warns of a picture of over 89 million pixels; here it is refused.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class UndecodableError(Exception):
    """A file is no picture that can be used; the text is the reason."""


def looks_like_picture(head: bytes) -> bool:
    """Tell by its first 16 bytes whether a file is a picture, whatever its name."""
    return head.startswith(HEADS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def decode(data: bytes, image_size: int) -> np.ndarray:
    """Decode a picture file to RGB, `-> uint8 [image_size, image_size, 3]`.

    Turned upright by its EXIF orientation, cut to a centred square, resized with a Lanczos
    filter. The first frame of an animation counts; transparent pixels become white.

    Raises:
        UndecodableError: the file is empty, damaged, too large or no picture.
    """
    if not data:
        raise UndecodableError("the file is empty")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            # A JPEG is decoded at a fraction of its size where that is still twice what is needed.
            image.draft("RGB", (2 * image_size, 2 * image_size))
            picture = _to_rgb(_turn_upright(image))
            square = ImageOps.fit(picture, (image_size, image_size), Image.Resampling.LANCZOS)
            return np.asarray(square)
    except UnidentifiedImageError as error:
        raise UndecodableError("not a picture of a known format") from error
    except Exception as error:
        # Damaged files make Pillow's plugins raise nearly anything; one file must not end a run.
        raise UndecodableError(_first_line(error)) from error


def _turn_upright(image: Image.Image) -> Image.Image:
    image.load()  # damage shows here, apart from that of the EXIF data below
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image  # unreadable EXIF data says nothing of the picture, which is whole


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip at 255
        image = Image.fromarray((np.clip(np.asarray(image), 0, 65535) >> 8).astype(np.uint8))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        image = Image.alpha_composite(canvas, image)
    return image.convert("RGB")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
