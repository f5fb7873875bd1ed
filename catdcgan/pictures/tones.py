"""Pictures on which nothing can be seen: nearly black, or nearly white."""

from collections.abc import Iterator, Mapping

import numpy as np

from catdcgan.console.words import counted, printable

BLACK, WHITE = "nearly black", "nearly white"
NEARLY = 24  # levels from the end of the range; 12 bits taken for 16 end at 15
FEW = 0.01  # share of the values that may lie beyond


def tone_of(pixels: np.ndarray) -> str:
    """Return `nearly black` or `nearly white` for a picture that is, else nothing; uint8."""
    most = FEW * pixels.size
    if np.count_nonzero(pixels > NEARLY) <= most:
        return BLACK
    return WHITE if np.count_nonzero(pixels < 255 - NEARLY) <= most else ""


def tones_in_words(tones: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each tone that occurs, such as `2 pictures are nearly black (...)`.

    Args:
        tones: by the names of the pictures.
    """
    for tone in (BLACK, WHITE):
        names = sorted(name for name, found in tones.items() if found == tone)
        if names:
            verb = "is" if len(names) == 1 else "are"
            first = f"{'' if len(names) == 1 else 'the first: '}{printable(names[0])}"
            yield f"{counted(len(names), 'picture')} {verb} {tone} ({first})"
