import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from catdcgan.console.errors import UserError
from catdcgan.pictures.members import UnreadableError
from catdcgan.pictures.reading import collect, decode_all
from catdcgan.pictures.search import find_pictures


def load_pictures(files, size):
    return collect(decode_all(files, size), (len(files), size, size, 3))


def png(value=0, size=16):
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def write(path, data=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png() if data is None else data)
    return path


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def names_in(root):
    return [file.name for file in find_pictures(root).files]


def test_a_folder_is_searched_in_depth_in_the_order_of_names(tmp_path):
    for name in ("b/z.png", "a.JPG", "b/c/y.Webp"):
        write(tmp_path / name)
    assert names_in(tmp_path) == ["a.JPG", "b/c/y.Webp", "b/z.png"]


def test_a_picture_without_an_ending_is_found_by_its_content(tmp_path):
    write(tmp_path / "holiday")
    write(tmp_path / "notes.txt", b"feed the cat")
    found = find_pictures(tmp_path)
    assert [file.name for file in found.files] == ["holiday"]
    assert found.others == ["notes.txt"]


def test_dot_files_readmes_and_reports_do_not_count(tmp_path):
    for name in (".hidden.png", "README.md", ".cache/a.png", "cats.report/contact_sheet.jpg"):
        write(tmp_path / name)
    assert find_pictures(tmp_path) == ([], [], [], [], [])


def test_a_zip_has_the_names_and_pixels_of_the_folder_it_was_made_of(tmp_path):
    pictures = {"b.png": png(1), "a/c.png": png(2)}
    for name, data in pictures.items():
        write(tmp_path / "folder" / name, data)
    archive = write_zip(tmp_path / "cats.zip", pictures)
    from_folder, from_zip = find_pictures(tmp_path / "folder"), find_pictures(archive)
    assert [f.name for f in from_folder.files] == [f.name for f in from_zip.files]
    assert np.array_equal(
        load_pictures(from_folder.files, 16)[0], load_pictures(from_zip.files, 16)[0]
    )


def test_a_zip_inside_a_folder_is_searched_too(tmp_path):
    write(tmp_path / "x.png")
    write_zip(tmp_path / "more.zip", {"y.png": png(), "__MACOSX/._y.png": b"", "notes": b"no"})
    assert names_in(tmp_path) == ["more.zip/y.png", "x.png"]


@pytest.mark.parametrize("name", ["../out.png", "/etc/out.png", "a/../../out.png", "C:/out.png"])
def test_a_zip_whose_names_lead_outside_is_refused_by_name(tmp_path, name):
    archive = write_zip(tmp_path / "bad.zip", {"fine.png": png(), name: png()})
    with pytest.raises(UserError, match=r"bad\.zip: holds '.*out\.png'"):
        find_pictures(archive)


def test_a_corrupt_zip_is_refused_by_name(tmp_path):
    archive = write_zip(tmp_path / "half.zip", {"a.png": png()})
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"half\.zip: .*zip.*; a whole zip is needed"):
        find_pictures(archive)


def test_a_damaged_member_of_a_zip_is_skipped_with_its_name(tmp_path):
    archive = write_zip(tmp_path / "cats.zip", {"bad.png": png(1), "good.png": png(2)})
    data = bytearray(archive.read_bytes())
    data[60] ^= 255  # in the first member's pixels: its checksum is wrong now
    archive.write_bytes(data)
    images, skipped = load_pictures(find_pictures(archive).files, 16)
    assert [entry.name for entry in skipped] == ["bad.png"]
    assert images[:, 0, 0, 0].tolist() == [2]


def test_unreadable_pictures_are_left_out_and_named_with_the_reason(tmp_path):
    write(tmp_path / "a.png", png(1))
    write(tmp_path / "b.png", b"")
    write(tmp_path / "c.png", b"no picture")
    write(tmp_path / "d.png", png(4))
    images, skipped = load_pictures(find_pictures(tmp_path).files, 16)
    assert images[:, 0, 0, 0].tolist() == [1, 4]
    assert [str(entry) for entry in skipped] == [
        "b.png: the file is empty",
        "c.png: not a picture of a known format",
    ]


def test_a_file_that_vanishes_between_listing_and_reading_is_skipped(tmp_path):
    path = write(tmp_path / "a.png")
    files = find_pictures(tmp_path).files
    path.unlink()
    images, skipped = load_pictures(files, 16)
    assert len(images) == 0
    assert [str(entry) for entry in skipped] == ["a.png: No such file or directory"]


def test_a_folder_named_like_a_picture_is_a_folder(tmp_path):
    write(tmp_path / "x.jpg" / "inside.png")
    assert names_in(tmp_path) == ["x.jpg/inside.png"]


def test_a_loop_of_links_ends_and_a_broken_link_is_named(tmp_path):
    write(tmp_path / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    found = find_pictures(tmp_path)
    assert [file.name for file in found.files] == ["a.png"]
    assert [str(entry) for entry in found.skipped] == ["gone.png: No such file or directory"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert find_pictures(tmp_path).others == ["pipe.png"]


@pytest.mark.parametrize("name", ["pipe", "pipe.zip", "pipe.tar.gz"])
def test_a_pipe_or_a_device_is_no_source(tmp_path, name):
    os.mkfifo(tmp_path / name)
    (tmp_path / "link.tar").symlink_to("/dev/zero")
    for source in (tmp_path / name, tmp_path / "link.tar"):
        with pytest.raises(UserError, match=r": a file of another kind; a folder, a zip or a tar"):
            find_pictures(source)


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path):
    path = write(tmp_path / "a.png")
    (file,) = find_pictures(tmp_path).files
    path.unlink()
    os.mkfifo(path)
    for read in (file.read, lambda: file.read_head(16)):
        with pytest.raises(UnreadableError, match="a pipe"):
            read()


@pytest.mark.parametrize("name", ["zeros", "zeros.tar"])
def test_a_file_of_nothing_but_zeros_is_not_read_through(tmp_path, name):
    (tmp_path / name).touch()
    os.truncate(tmp_path / name, 2**40)  # which takes no room
    assert find_pictures(tmp_path).files == []


def test_odd_names_are_shown_on_one_line(tmp_path):
    write(tmp_path / "two\nlines.png", b"")
    with open(os.path.join(os.fsencode(tmp_path), b"\xff.png"), "wb"):
        pass
    _, skipped = load_pictures(find_pictures(tmp_path).files, 16)
    assert [str(entry) for entry in skipped] == [
        "two\\nlines.png: the file is empty",
        "\\udcff.png: the file is empty",
    ]


def test_a_single_file_that_is_no_zip_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"a\.png: .*a folder, a zip or a tar is needed"):
        find_pictures(write(tmp_path / "a.png"))
