"""Arithmetic on the planes of pictures: each colour channel of each picture by itself."""

import numpy as np


def multiply_both_ways(planes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Multiply along both axes, `[N, C, S, S]` and `[L, S]` -> `[N, C, L, L]`."""
    for _ in range(2):
        # One large product; of a stack NumPy would make many small ones, at many times the cost.
        rows = planes.reshape(-1, planes.shape[-1]) @ matrix.T
        planes = rows.reshape(*planes.shape[:-1], len(matrix)).swapaxes(-1, -2)
    return planes
