"""Draws the golden photo of a bundle, of nobody and by integers alone, and writes golden inputs as files.

A face among discs, and over all of it rings that are two to five pixels wide: a filter without antialiasing makes
other, coarser rings of them. Red and blue are far apart, the face is beside the middle, and what a crop leaves out is
dark at the left and bright at the right.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.inputs import Fit, PhotoInput

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

TENTHS = ((300 * 300, 57), (512 * 512, 47), (1 << 20, 31))
"""Up to so many pixels of the input the photo is so many tenths as high."""
FEWEST_TENTHS = 14
LEAST_HEIGHT_OF_FACES = 640
"""In pixels: the detector finds no face in a photo that is much smaller."""

HAIR, SKIN, WHITE, PUPIL = (190, 30, 20), (222, 180, 150), (245, 245, 245), (40, 30, 30)
NOSE, MOUTH = (196, 150, 122), (200, 30, 40)
FACE = (
    (0, -10, 58, 76, HAIR),
    (0, 0, 48, 64, SKIN),
    *(
        ellipse
        for side in (-20, 20)
        for ellipse in ((side, -16, 11, 6, WHITE), (side, -16, 5, 5, PUPIL), (side, -29, 13, 3, HAIR))
    ),
    (0, 7, 6, 12, NOSE),
    (0, 33, 20, 6, MOUTH),
)
"""Ellipses: centre and radii in 256ths of the photo's height, and colour."""
DISCS = (
    (3, 3, 2, (230, 40, 40)),
    (4, 12, 3, (250, 220, 60)),
    (10, 6, 4, (40, 70, 220)),
    (19, 13, 2, (30, 200, 90)),
    (11, 13, 2, (240, 240, 250)),
    (7, 8, 2, (20, 20, 30)),
    (19, 2, 1, (240, 120, 20)),
)
"""Centre and radius, in 16ths of the height down and 21sts of the width across, and colour."""
LEFT, RIGHT = (25, 20, 60), (250, 245, 225)
RINGS = (40, 30, 40)
"""How far they go up and down, of red, green and blue."""


def draw_golden_photo(photo_input: PhotoInput) -> Pixels:
    """Draw the photo, uint8 (height, width, 3): larger than the input, and 5 : 3 where that is 1 : 1."""
    height, width = _size(photo_input)
    across, down = np.arange(width), np.arange(height)[:, np.newaxis]
    photo = np.empty((height, width, 3), np.uint8)
    photo[..., 0], photo[..., 2] = 30 + 200 * across // width, 230 - 200 * across // width
    photo[..., 1] = 60 + 120 * down // height
    photo[:, : width // 5], photo[:, width - width // 5 :] = LEFT, RIGHT
    unit, wide = height // 16, height // 16 * width * 3 // (height * 4)
    for x, y, radius, colour in DISCS:
        _draw_ellipse(photo, (x * wide, y * unit), (radius * wide, radius * unit), colour)
    scale, middle = height * 10 // 160, (width * 42 // 64, height * 36 // 64)
    for right, below, wide, high, colour in FACE:
        centre = (middle[0] + right * scale // 16, middle[1] + below * scale // 16)
        _draw_ellipse(photo, centre, (wide * scale // 16, high * scale // 16), colour)
    return _with_rings(photo)


def as_png(pixels: Pixels) -> bytes:
    """Write a photo as a file, without loss."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def as_npy(tensor: NDArray[Any]) -> bytes:
    """Write a tensor as a file."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")), allow_pickle=False)
    return file.getvalue()


def _size(photo_input: PhotoInput) -> tuple[int, int]:
    pixels = photo_input.height * photo_input.width
    tenths = next((tenths for most, tenths in TENTHS if pixels <= most), FEWEST_TENTHS)
    height, width = photo_input.height * tenths // 10, photo_input.width * tenths // 6
    if photo_input.fit is Fit.FACES and height < LEAST_HEIGHT_OF_FACES:
        return LEAST_HEIGHT_OF_FACES, LEAST_HEIGHT_OF_FACES * 5 // 3
    return height, width


def _draw_ellipse(photo: Pixels, centre: tuple[int, int], radii: tuple[int, int], colour: Colour) -> None:
    height, width, _ = photo.shape
    (x, y), (wide, high) = centre, radii
    right, below = np.arange(width) - x, np.arange(height)[:, np.newaxis] - y
    photo[(right * high) ** 2 + (below * wide) ** 2 <= (wide * high) ** 2] = colour


def _with_rings(photo: Pixels) -> Pixels:
    """Lay rings over a photo, around a point far outside, so that none of them is coarse."""
    height, width, _ = photo.shape
    distance = max(1, height * 10 // 9)
    across, down = np.arange(width) + distance * 7 // 10, np.arange(height)[:, np.newaxis] + distance * 7 // 10
    sign = (across**2 + down**2) // (5 * distance) % 2 * 2 - 1
    ringed: Pixels = np.clip(photo + sign[..., np.newaxis] * np.array(RINGS), 0, 255).astype(np.uint8)
    return ringed
