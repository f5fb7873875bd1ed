"""`memorisation.jpg`: samples beside their nearest training pictures."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from catdcgan.metrics.nearest import Nearest
from catdcgan.pictures.pixels import encode_jpeg

NEAREST, LANCZOS = Image.Resampling.NEAREST, Image.Resampling.LANCZOS
ROWS = 8  # in each half of the sheet
SHOWN = 3  # training pictures beside a sample
CELL = 96  # pixels
STRIP, GAP = 16, 12  # pixels: of text below a picture, and between columns
PAPER, INK, ALARM = (250, 250, 248), (40, 40, 40), (200, 30, 30)
LEGEND = (
    "sample | nearest training pictures: distance (0-255), m where mirrored; "
    "n: nearness, red is a near copy"
)


def draw_sheet(
    samples: np.ndarray, training: np.ndarray, nearest: Nearest, threshold: float, title: str
) -> bytes:
    """Return a JPEG: on the left the samples most like a copy, on the right the first ones.

    Args:
        samples: uint8 `[N, S, S, C]`.
        training: uint8 `[M, S, S, C]`.
        nearest: of the samples.
        threshold: the nearness below which a sample is a near copy.
    """
    nearness = nearest.nearness
    halves = (
        ("most like a copy", np.argsort(nearness, kind="stable")[:ROWS]),
        ("the first samples", np.arange(min(ROWS, len(samples)))),
    )
    columns, head = 1 + SHOWN, 3 * STRIP + GAP
    half = columns * CELL + GAP
    size = (2 * half + 3 * GAP, head + ROWS * (CELL + STRIP + 4) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(STRIP * 0.72)
    draw.text((GAP, 4), title, fill=INK, font=font)
    draw.text((GAP, 4 + STRIP), LEGEND, fill=INK, font=font)
    for side, (words, chosen) in enumerate(halves):
        left = GAP + side * (half + GAP)
        draw.text((left, 4 + 2 * STRIP), words, fill=INK, font=font)
        for row, index in enumerate(chosen):
            top = head + row * (CELL + STRIP + 4)
            colour = ALARM if nearness[index] < threshold else INK
            sheet.paste(_cell(samples[index]), (left, top))
            text = f"#{index}  n {nearness[index]:.2f}"
            draw.text((left, top + CELL), text, fill=colour, font=font)
            shown = zip(*(column[index, :SHOWN] for column in nearest), strict=True)
            for place, (which, distance, mirrored) in enumerate(shown, 1):
                x = left + place * CELL + GAP
                picture = training[which]
                sheet.paste(_cell(picture[:, ::-1] if mirrored else picture), (x, top))
                text = f"{distance:.0f}{' m' if mirrored else ''}"
                draw.text((x, top + CELL), text, fill=INK, font=font)
    return encode_jpeg(np.asarray(sheet))


def _cell(picture: np.ndarray) -> Image.Image:
    """Return a picture, uint8 `[S, S, C]`, as large as a cell, its pixels to be seen."""
    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).convert("RGB")
    side = CELL - 2
    return image.resize((side, side), NEAREST if image.width < side else LANCZOS)
