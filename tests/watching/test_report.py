import html
import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catdcgan.pictures.pixels import encode_jpeg
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.record import read_record
from catdcgan.run_folder.snapshots import find_snapshots
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.watching import embedded
from catdcgan.watching.curves import Curves
from catdcgan.watching.embedded import Embedder
from catdcgan.watching.health import Health
from catdcgan.watching.report import Report, State

WICKED = "<script>alert(1)</script>&'\""


@pytest.fixture
def write_report(run_train):
    """Return a function that trains for some steps and returns the text of the page."""

    def write(*flags, run_dir="run", **options):
        assert run_train("--max_steps=4", "--report", *flags, run_dir=run_dir, **options) == 0
        return Path(run_dir, "report.html").read_text(encoding="utf-8")

    return write


def text_of(page):
    """Return what the page says, without scripts, styles and tags."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_tells_all_there_is_to_know(write_report):
    text = text_of(write_report("--lr_d=0.001"))
    for part in (
        "run finished at step 4 of 4, epoch 2 of 2",
        "Preset cat128, 14 pictures of",
        "Nothing to complain of.",
        "film.mp4",
        "model.ckpt-00000004",
        "sound: read through on 20",
        "every byte is as it was saved",
        "lr_d 0.001 learning rate of the discriminator",
        "tensorflow 2.",
    ):
        assert part in text


def test_the_page_needs_nothing_but_itself(write_report):
    page = write_report()
    body = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    links = re.findall(r'(?:src|href)="([^"]*)"', body)
    others = [link for link in links if not link.startswith(("data:", "#")) and link[:5] != "film."]
    assert others == []
    assert not re.search(r"<script[^>]*\bsrc=", page)
    assert len(page) < 3_000_000


def test_every_continuation_is_on_the_page(write_report, run_train):
    run_train("--max_steps=3", "--lr_g=0.001")
    text = text_of(write_report("--lr_g=0.0005"))
    assert "lr_g 0.0005" in text
    assert text.count("tensorflow 2.") == 2


def test_a_damaged_checkpoint_is_on_the_page(run_train):
    run_train("--max_steps=6", "--save_every_epochs=1")
    data = Path("run/model.ckpt-00000003.data-00000-of-00001")
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    run = RunDirectory("run")
    record = read_record(run)
    schedule = make_schedule(make_config({}, record.config), 14)
    path = Report(run, record, schedule).write(State("training", 6, 60), Health(14, 4), Curves())
    text = text_of(Path(path).read_text(encoding="utf-8"))
    assert "run training at step 6 of 6, epoch 2 of 2, about 60 s left" in text
    assert "DAMAGED: model.ckpt-00000003.data-00000-of-00001 has other content" in text
    assert "model.ckpt-00000006 6 2" in text


def test_text_from_outside_is_escaped(write_report, cat_folder, tmp_path):
    folder = tmp_path / WICKED.replace("/", "\N{DIVISION SLASH}")
    folder.mkdir()
    for path in cat_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    run_dir = WICKED.replace("/", "\N{DIVISION SLASH}")
    page = write_report(run_dir=run_dir, data_dir=folder)
    assert "<script>alert" not in page
    assert html.escape("<script>alert(1)") in page
    assert run_dir in text_of(page)


def test_the_values_are_there_as_a_table_too(write_report):
    page = write_report()
    table = re.search(r'<table id="values">.*?</table>', page, re.DOTALL)[0]
    last = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()][-1]
    cells = re.findall(r"<td>(.*?)</td>", table.split("<tr>")[-1])
    assert cells[:2] == [f"{last['d_loss']:.3g}", f"{last['g_loss']:.3g}"]


def test_a_page_that_is_being_rewritten_is_never_torn(write_report, monkeypatch):
    """It is written under another name and renamed, as all files of a run are."""
    write_report()
    # Held open, or the system might give its number to the next file.
    with Path("run/report.html").open("rb") as before:
        write_report("--epochs=3", "--max_steps=5")
        assert not os.path.samestat(os.fstat(before.fileno()), os.stat("run/report.html"))
    assert not list(Path("run").glob("*.tmp"))


def take_snapshots(folder, count, size=800):
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(count):
        noise = random.integers(0, 256, (size, size, 3), np.uint8)
        (folder / f"{index:08d}.jpg").write_bytes(encode_jpeg(noise))
    return find_snapshots(str(folder))


def test_snapshots_are_made_smaller_for_the_page(tmp_path):
    (snapshot,) = take_snapshots(tmp_path / "snapshots", 1)
    ((step, jpeg),) = Embedder().embed([snapshot])
    assert step == 0
    with Image.open(io.BytesIO(embedded.base64.b64decode(jpeg))) as picture:
        assert picture.size == (embedded.WIDEST, embedded.WIDEST)


def test_snapshots_are_thinned_to_the_room_there_is(tmp_path, monkeypatch):
    snapshots = take_snapshots(tmp_path / "snapshots", 12, size=64)
    one = len(Embedder().embed(snapshots[:1])[0].jpeg)
    monkeypatch.setattr(embedded, "MOST_CHARACTERS", 6 * one)
    shown = Embedder().embed(snapshots)
    assert sum(len(snapshot.jpeg) for snapshot in shown) <= 6 * one
    assert (shown[0].step, shown[-1].step) == (0, 11)
    assert len(shown) > 2


def test_what_was_prepared_once_is_not_prepared_again(tmp_path, monkeypatch):
    snapshots = take_snapshots(tmp_path / "snapshots", 3, size=64)
    embedder = Embedder()
    first = embedder.embed(snapshots)
    monkeypatch.setattr(embedded, "embed_picture", None)
    assert embedder.embed(snapshots) == first
