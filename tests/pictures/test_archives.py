import io
import tarfile

import pytest
from PIL import Image

from catdcgan.console.errors import UserError
from catdcgan.pictures.reading import collect, decode_all
from catdcgan.pictures.search import find_pictures


def png(value=0):
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def write_tar(path, members, mode="w", links=()):
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


MEMBERS = {"b/2.png": png(2), "a/1.png": png(1), "notes": b"no picture", "noname": png(3)}


TARS = {"x.tar": "w", "x.tar.gz": "w:gz", "x.tgz": "w:gz", "x.tar.bz2": "w:bz2", "x.tar.xz": "w:xz"}


@pytest.mark.parametrize(
    ("name", "mode"), [*TARS.items(), ("no-ending", "w"), ("no-ending", "w:gz")]
)
def test_a_tar_is_read_compressed_or_not_in_the_order_of_names(tmp_path, name, mode):
    found = find_pictures(write_tar(tmp_path / name, MEMBERS, mode))
    assert [file.name for file in found.files] == ["a/1.png", "b/2.png", "noname"]
    assert found.others == ["notes"]
    images, skipped = collect(decode_all(found.files, 16), (len(found.files), 16, 16, 3))
    assert images[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert skipped == []


def test_a_tar_in_a_folder_is_searched_too(tmp_path):
    write_tar(tmp_path / "more.tar.gz", MEMBERS, "w:gz")
    names = [file.name for file in find_pictures(tmp_path).files]
    assert names == ["more.tar.gz/a/1.png", "more.tar.gz/b/2.png", "more.tar.gz/noname"]


@pytest.mark.parametrize("name", ["../out.png", "/etc/out.png", "a/../../out.png", "C:/out.png"])
def test_a_tar_whose_names_lead_outside_is_refused_by_name(tmp_path, name):
    archive = write_tar(tmp_path / "bad.tar", {"fine.png": png(), name: png()})
    with pytest.raises(UserError, match=r"bad\.tar: holds '.*out\.png'"):
        find_pictures(archive)


def test_links_in_a_tar_are_passed_over(tmp_path):
    archive = write_tar(tmp_path / "x.tar", {"a.png": png()}, links=[("link.png", "/etc/passwd")])
    assert [file.name for file in find_pictures(archive).files] == ["a.png"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_was_cut_short_is_refused_by_name(tmp_path, mode):
    path = write_tar(tmp_path / "half.tar", {f"{i}.png": png(i) for i in range(30)}, mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = None
    with pytest.raises(UserError, match=r"half\.tar: .*; a whole tar is needed"):
        found = find_pictures(path)
    assert found is None


def test_a_damaged_archive_in_a_folder_does_not_end_the_search(tmp_path):
    (tmp_path / "good.png").write_bytes(png())
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4 and no more")
    (tmp_path / "bad.tar").write_bytes(b"no tar")
    write_tar(tmp_path / "evil.tar", {"../x.png": png()})
    found = find_pictures(tmp_path)
    assert [file.name for file in found.files] == ["good.png"]
    assert [entry.name for entry in found.skipped] == ["bad.tar", "bad.zip", "evil.tar"]
