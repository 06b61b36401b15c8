"""Photos of nothing, which stand in for photos where none may, or can, be had.

The golden sample is made of one, so that a bundle carries nobody's data; without faces a seeded backbone is calibrated
on them and a bundle's parity measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.recognise.image import prepare

PATCHES = 12
"""Coarse enough to have edges and areas as photos do, fine enough that no two are alike."""


def synthetic_photos(count: int, *, seed: int) -> NDArray[np.uint8]:
    """Draw coloured clouds, uint8 (count, 160, 160, 3); one seed gives the same ones, more of them begin alike."""
    random = np.random.default_rng(seed)
    return np.stack([prepare(random.integers(0, 256, (PATCHES, PATCHES, 3), np.uint8)) for _ in range(count)])
