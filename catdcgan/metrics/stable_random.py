"""Random numbers that are the same in every version of NumPy, for what metrics keep fixed.

Philox's raw bits are defined by its paper (Salmon et al. 2011); how NumPy's generators turn bits
into normal numbers may change, so that is done here, by the method of Box and Muller (1958).
"""

import hashlib

import numpy as np


def stable_normals(purpose: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return standard normal numbers, float64 `shape`, that depend on the two arguments alone."""
    count = int(np.prod(shape))
    first, second = (_uniforms(purpose, 2 * ((count + 1) // 2))).reshape(2, -1)
    radius, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * second
    pairs = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return pairs[:count].reshape(shape)


def stable_order(purpose: str, count: int) -> np.ndarray:
    """Return a shuffle of 0 ... `count` - 1 that depends on the two arguments alone."""
    return np.argsort(_uniforms(purpose, count), kind="stable")


def _uniforms(purpose: str, count: int) -> np.ndarray:
    """Return float64 `[count]`, above 0 and at most 1."""
    key = np.frombuffer(hashlib.sha256(purpose.encode()).digest()[:16], "<u8")
    raw = np.random.Philox(key=key.astype(np.uint64)).random_raw(count)
    return ((raw >> np.uint64(11)) + np.uint64(1)).astype(np.float64) * 2.0**-53
