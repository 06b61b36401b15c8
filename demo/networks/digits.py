"""Handwritten digits from scikit-learn's wheel (UCI, 1,797 of 8x8 pixels), as photos of one label each.

Of every digit the first ones are the demo's, and the ones after them train networks: no photo is among both.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WHITEST = 16
"""Of a pixel there."""
FILE_SIDE = 64
PHOTOS = 40
"""Of each digit, for the demo."""
TRAINING_PHOTOS = 60
"""Of each digit that a network may know."""


def write_digits(directory: Path) -> int:
    """Write the demo's photos, one folder a digit, 64x64 RGB, and return how many."""
    data = load_digits()
    for digit, label in enumerate(LABELS):
        (directory / label).mkdir(parents=True, exist_ok=True)
        for number, pixels in enumerate(data.images[data.target == digit][:PHOTOS]):
            _photo(pixels, FILE_SIDE).save(directory / label / f"{number:02d}.png")
    return PHOTOS * len(LABELS)


def training_digits(labels: Sequence[str], *, side: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return photos, uint8 (n, side, side, 3), of the digits of some labels, and the index of each one's label."""
    data = load_digits()
    digits = [LABELS.index(label) for label in labels]
    chosen = [data.images[data.target == digit][PHOTOS : PHOTOS + TRAINING_PHOTOS] for digit in digits]
    photos = [np.asarray(_photo(pixels, side)) for images in chosen for pixels in images]
    return np.stack(photos), np.repeat(np.arange(len(digits)), [len(images) for images in chosen])


def _photo(pixels: NDArray[np.float64], side: int) -> Image.Image:
    """Return white ink on black; every photo is a file of 64x64 first, as the demo's are."""
    small = Image.fromarray((pixels * (255 / WHITEST)).astype(np.uint8))
    return small.resize((FILE_SIDE, FILE_SIDE), Image.Resampling.BICUBIC).resize((side, side)).convert("RGB")
