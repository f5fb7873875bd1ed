import warnings
import zipfile

from catdcgan.preparation.sources import list_sources


def write_zip(path, members):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore", UserWarning)  # several files of one name
        for name in members:
            archive.writestr(name, name)
    return str(path)


def listing_of(path):
    return list_sources([path], path.parent / "out", {}, {})


def test_files_of_one_name_in_an_archive_are_all_listed(tmp_path):
    write_zip(tmp_path / "x.zip", ["a.png", "a.png", "b.png", "a.png", "a.png~2", "c", "c"])
    listing = listing_of(tmp_path / "x.zip")
    names = [task.name.removeprefix("x.zip/") for task in listing.tasks]
    assert names == ["a.png", "a.png~2", "a.png~3", "b.png"]
    assert sorted(listing.left_out) == ["x.zip/a.png~2~2", "x.zip/c", "x.zip/c~2"]


def test_annotations_of_one_name_belong_to_pictures_in_their_order(tmp_path):
    members = ["a.jpg", "a.jpg", "a.jpg", "a.jpg.cat", "a.jpg.cat"]
    write_zip(tmp_path / "x.zip", members)
    listing = listing_of(tmp_path / "x.zip")
    offsets = [task.landmarks.place[1] for task in listing.tasks]
    assert len(offsets) == 2
    assert offsets == sorted(offsets)
    assert list(listing.left_out) == ["x.zip/a.jpg~3"]
