import pytest

from catdcgan.checkpoints.manifest import Manifest, Notes, Proof, parse_manifest

RECORD = {"config": {"preset": "tiny"}}
MANIFEST = Manifest(
    step=7,
    files={"model.ckpt-00000007.index": Proof(12, "ab")},
    notes=Notes(epoch=2, saved=3.5, figures={"swd": 40.5}, record=RECORD),
)


def test_a_manifest_is_read_back_as_it_was_written():
    assert parse_manifest(MANIFEST.as_json()) == MANIFEST


def test_what_an_earlier_version_did_not_note_is_not_known():
    bare = {"step": 7, "files": {}}
    assert parse_manifest(bare) == Manifest(7, {}, Notes())


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "seven"},
        {"step": None},
        {"files": ["model.ckpt-00000007.index"]},
        {"files": {"model.ckpt-00000007.index": 12}},
        {"files": {"model.ckpt-00000007.index": {"bytes": 12}}},
        {"epoch": "first"},
        {"saved": []},
        {"figures": {"swd": "low"}},
    ],
)
def test_what_is_no_manifest_is_none(wrong):
    assert parse_manifest({**MANIFEST.as_json(), **wrong}) is None


def test_no_file_is_no_manifest():
    assert parse_manifest(None) is None
