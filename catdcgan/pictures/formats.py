"""Which kinds of picture files there are, how they are recognised, and who decodes them."""

import functools
import importlib

# Formats that Pillow decodes by itself; others (EPS) start programs, or are rarely photographs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
# The brands of ISO/IEC 23008-12, by which a file of boxes says what it is; films have others.
AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
BRANDS_OF_BOTH = {b"mif1", b"msf1"}
MOST_BRANDS = 64  # bytes of a head in which brands are looked for


class UndecodableError(Exception):
    """A file is no picture that can be used; the text is the reason."""


class MissingDecoderError(UndecodableError):
    """A file could be decoded if something were installed, which the text names."""


def looks_like_picture(head: bytes) -> bool:
    """Tell by its first 16 bytes whether a file is a picture, whatever its name."""
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head[4:8] == b"ftyp":
        return head[8:12] in AVIF_BRANDS | HEIF_BRANDS | BRANDS_OF_BOTH
    return head.startswith(HEADS)


def formats_of(data: bytes) -> tuple[str, ...]:
    """Return Pillow's names of the formats that a file may have, and see to their decoders.

    Raises:
        MissingDecoderError: there is none.
    """
    if data[4:8] != b"ftyp":
        return FORMATS
    size = min(int.from_bytes(data[:4], "big"), MOST_BRANDS)
    brands = {data[start : start + 4] for start in (8, *range(16, size, 4))}
    if brands & AVIF_BRANDS:
        if not _can_decode_avif():
            raise MissingDecoderError("AVIF needs Pillow 11.3 or newer: pip install -U pillow")
        return ("AVIF",)
    if brands & (HEIF_BRANDS | BRANDS_OF_BOTH):
        if not _can_decode_heif():
            raise MissingDecoderError("HEIC needs pillow-heif: pip install pillow-heif")
        return ("HEIF",)
    return FORMATS


def lacks_decoder(data: bytes) -> bool:
    """Tell whether something would have to be installed to decode a file."""
    try:
        formats_of(data)
    except MissingDecoderError:
        return True
    return False


@functools.cache
def _can_decode_avif() -> bool:
    try:
        return bool(importlib.import_module("PIL.AvifImagePlugin").SUPPORTED)
    except ImportError:
        return False


@functools.cache
def _can_decode_heif() -> bool:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except (ImportError, OSError):  # or its library does not load
        return False
    return True
