"""Rendered pictures to files: one a seed, or sheets."""

from collections.abc import Iterator, Sequence

import numpy as np

from catdcgan.pictures.pixels import encode_jpeg, encode_png, make_grid
from catdcgan.storage import files


def write_all(
    pictures: Iterator[np.ndarray],
    seeds: Sequence[int],
    grid: tuple[int, int] | None,
    out: str,
    file_format: str,
) -> Iterator[str]:
    """Write single pictures, or sheets of `grid`, as they come; yield the paths."""
    encode = encode_jpeg if file_format == "jpg" else encode_png
    if grid is None:
        for seed, picture in zip(seeds, pictures, strict=True):
            path = files.join(out, f"seed{seed:08d}.{file_format}")
            files.write_atomically(path, encode(picture), durable=False)
            yield path
        return
    cells = grid[0] * grid[1]
    written = set()
    for start in range(0, len(seeds), cells):
        shown = seeds[start : start + cells]
        sheet = np.stack([next(pictures) for _ in shown])
        name = f"grid{shown[0]:08d}-{shown[-1]:08d}"
        if name in written:  # other seeds may lie between the same two
            name += f"-sheet{start // cells + 1}"
        written.add(name)
        path = files.join(out, f"{name}.{file_format}")
        files.write_atomically(path, encode(make_grid(sheet, *grid)), durable=False)
        yield path
