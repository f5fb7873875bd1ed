"""Pictures for a page that carries everything in itself: smaller, and in base64."""

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from catdcgan.run_folder.snapshots import Snapshot, thin
from catdcgan.storage import files

MOST_PICTURES = 64
MOST_CHARACTERS = 10_000_000  # of all snapshots together
WIDEST = 640  # pixels
QUALITY = 80  # of JPEG


class Embedded(NamedTuple):
    """A snapshot in the page: its step, and a JPEG file in base64."""

    step: int
    jpeg: str


class Embedder:
    """Prepares snapshots for the page; what it has prepared once it remembers."""

    def __init__(self) -> None:
        """Begin with nothing prepared."""
        self._prepared: dict[str, str] = {}

    def embed(self, snapshots: Sequence[Snapshot]) -> list[Embedded]:
        """Return the first, the last and as many between them as the page has room for."""
        most = MOST_PICTURES
        while True:
            chosen = thin(list(snapshots), most)
            self._prepared = {
                snapshot.path: self._prepared.get(snapshot.path) or embed_picture(snapshot.path)
                for snapshot in chosen
            }
            if sum(map(len, self._prepared.values())) <= MOST_CHARACTERS or most <= 2:
                break
            most = max(most // 2, 2)
        return [Embedded(snapshot.step, self._prepared[snapshot.path]) for snapshot in chosen]


def embed_picture(path: str) -> str:
    """Return a picture file, no wider than WIDEST, as a JPEG file in base64."""
    with Image.open(io.BytesIO(files.read_needed(path))) as picture:
        if picture.width > WIDEST:
            size = WIDEST, max(round(picture.height * WIDEST / picture.width), 1)
            picture.draft(None, size)
            smaller = picture.resize(size, Image.Resampling.LANCZOS)
        else:
            smaller = picture.copy()
    file = io.BytesIO()
    smaller.save(file, "jpeg", quality=QUALITY, optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")
