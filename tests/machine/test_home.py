import os
from pathlib import Path

import pytest

from catdcgan.datasets.cache import cache_folder, load_or_build
from catdcgan.machine.home import home_folder, provide_home


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder that the temporary one is."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    return tmp_path


def fail():
    raise RuntimeError("Could not determine home directory.")


def test_who_has_a_home_keeps_it(temporary, monkeypatch):
    monkeypatch.setenv("HOME", str(temporary))
    provide_home()
    assert os.environ["HOME"] == str(temporary)


@pytest.mark.parametrize("known", [True, False])
def test_who_has_none_has_the_same_one_each_time_in_the_temporary_folder(
    temporary, monkeypatch, known
):
    if not known:
        monkeypatch.setattr(Path, "home", fail)
    provide_home()
    home = temporary / f"catdcgan-{os.getuid()}"
    assert os.environ["HOME"] == str(home) == str(home_folder())
    assert home.stat().st_mode & 0o777 == 0o700
    assert cache_folder() == home / ".cache/catdcgan"


def test_what_another_has_put_in_its_place_is_not_used(temporary):
    (temporary / f"catdcgan-{os.getuid()}").symlink_to("/etc")
    provide_home()
    assert os.environ["HOME"] == "/nonexistent"


def test_without_any_folder_arrays_are_built_and_not_kept(temporary, monkeypatch):
    import numpy as np

    monkeypatch.setattr("tempfile.gettempdir", lambda: "/nonexistent")
    monkeypatch.setattr(Path, "home", fail)
    built = load_or_build(cache_folder() / "a.npy", (1,), lambda: np.ones(1, np.uint8))
    assert built == [1]
