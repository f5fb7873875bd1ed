import io
import types

import pytest
from PIL import Image

from catdcgan.pictures import formats
from catdcgan.pictures.decoding import decode
from catdcgan.pictures.formats import MissingDecoderError, lacks_decoder, looks_like_picture

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(20)
FILM = b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(20)
AVIF_IN_MIF1 = b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif" + bytes(20)


@pytest.fixture(autouse=True)
def nothing_is_known_before():
    yield
    formats._can_decode_avif.cache_clear()
    formats._can_decode_heif.cache_clear()


def without(*missing):
    def import_module(name):
        if name in missing:
            raise ImportError(name)
        return types.SimpleNamespace(SUPPORTED=True, register_heif_opener=lambda: None)

    return types.SimpleNamespace(import_module=import_module)


def test_a_picture_is_recognised_by_its_content():
    image = Image.new("RGB", (8, 8))
    for file_format in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"):
        buffer = io.BytesIO()
        image.save(buffer, file_format)
        assert looks_like_picture(buffer.getvalue()[:16])
    assert looks_like_picture(HEIC[:16])
    assert looks_like_picture(AVIF_IN_MIF1[:16])
    for other in (b"PK\3\4 a zip file", FILM[:16], b""):
        assert not looks_like_picture(other)


def test_what_would_have_to_be_installed_is_named(monkeypatch):
    monkeypatch.setattr(formats, "importlib", without("pillow_heif", "PIL.AvifImagePlugin"))
    with pytest.raises(MissingDecoderError, match="pip install pillow-heif"):
        decode(HEIC, 16)
    with pytest.raises(MissingDecoderError, match=r"Pillow 11\.3 or newer"):
        decode(AVIF_IN_MIF1, 16)
    assert lacks_decoder(HEIC[:64])
    assert not lacks_decoder(FILM)


def test_with_it_nothing_lacks(monkeypatch):
    monkeypatch.setattr(formats, "importlib", without())
    assert not lacks_decoder(HEIC)
    assert not lacks_decoder(AVIF_IN_MIF1)


@pytest.mark.parametrize(
    ("file_format", "package", "plugin"),
    [("AVIF", "PIL.AvifImagePlugin", "SUPPORTED"), ("HEIF", "pillow_heif", "register_heif_opener")],
)
def test_photos_of_telephones_are_decoded(file_format, package, plugin):
    found = getattr(pytest.importorskip(package), plugin, None)
    if not found:
        pytest.skip("Pillow was built without AVIF")
    if callable(found):
        found()
    buffer = io.BytesIO()
    Image.new("RGB", (32, 16), (200, 30, 30)).save(buffer, file_format)
    assert abs(decode(buffer.getvalue(), 16).astype(int) - (200, 30, 30)).max() < 8
