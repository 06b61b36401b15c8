"""Photos drawn by integers alone, as SPEC section 2 says, and what is resized of them, computed slowly in doubles."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contract.faces import Square

Pixels = NDArray[np.uint8]
Doubles = NDArray[np.float64]

HAIR, SKIN, WHITE, PUPIL = (60, 40, 30), (222, 180, 150), (245, 245, 245), (40, 30, 30)
NOSE, MOUTH = (196, 150, 122), (160, 70, 70)
FACE = [
    (0, -10, 58, 76, HAIR),
    (0, 0, 48, 64, SKIN),
    *(
        ellipse
        for side in (-1, 1)
        for ellipse in ((20 * side, -16, 11, 6, WHITE), (20 * side, -16, 5, 5, PUPIL), (20 * side, -29, 13, 3, HAIR))
    ),
    (0, 7, 6, 12, NOSE),
    (0, 33, 20, 6, MOUTH),
]
"""Ellipses: centre and radii in sixteenths of a face's scale, and colour."""


def draw(width: int, height: int, faces: Sequence[tuple[int, int, int]]) -> Pixels:
    """Draw a photo, uint8 (height, width, 3), with faces at x, y, of a scale each, in this order."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[..., 0] = 90 + 40 * np.arange(width) // width
    pixels[..., 1] = 110 + 30 * np.arange(height)[:, np.newaxis] // height
    pixels[..., 2] = 130
    for x, y, scale in faces:
        for right, down, wide, high, colour in FACE:
            centre, radii = (x + right * scale // 16, y + down * scale // 16), (wide * scale // 16, high * scale // 16)
            draw_ellipse(pixels, centre, radii, colour)
    return pixels


def draw_ellipse(pixels: Pixels, centre: tuple[int, int], radii: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Colour the pixels of one ellipse."""
    height, width, _ = pixels.shape
    right, down = np.arange(width) - centre[0], np.arange(height)[:, np.newaxis] - centre[1]
    wide, high = radii
    pixels[(right * high) ** 2 + (down * wide) ** 2 <= (wide * high) ** 2] = colour


def sample_slowly(pixels: Pixels, square: Square, *, size: int) -> Doubles:
    """Return a square of a photo, (size, size, 3), as SPEC section 2 says, without rounding to bytes in between."""
    height, width, _ = pixels.shape
    reduction = min(1.0, size / square.side)
    photo = pixels.astype(np.float64)
    if reduction < 1:
        photo = reduce_slowly(reduce_slowly(photo, reduction).swapaxes(0, 1), reduction).swapaxes(0, 1)
    result = np.zeros((size, size, 3))
    for v in range(size):
        for u in range(size):
            x, y = square.in_photo((u + 0.5) / size, (v + 0.5) / size)
            if 0 <= x < width and 0 <= y < height:
                result[v, u] = between(photo, x * photo.shape[1] / width, y * photo.shape[0] / height)
    return result


def reduce_slowly(photo: Doubles, reduction: float) -> Doubles:
    """Reduce the height by a triangle filter as wide as the reduction."""
    length = photo.shape[0]
    size = max(1, round(length * reduction))
    scale = length / size
    rows = []
    for row in range(size):
        weights = np.maximum(0, 1 - np.abs(np.arange(length) + 0.5 - (row + 0.5) * scale) / scale)
        rows.append(np.tensordot(weights / weights.sum(), photo, axes=1))
    return np.stack(rows)


def between(photo: Doubles, x: float, y: float) -> Doubles:
    """Return the colour at a point, bilinear between the centres of pixels; beyond the outermost, theirs."""
    height, width, _ = photo.shape
    left, top = math.floor(x - 0.5), math.floor(y - 0.5)
    right_share, lower_share = x - 0.5 - left, y - 0.5 - top
    columns, rows = np.clip([left, left + 1], 0, width - 1), np.clip([top, top + 1], 0, height - 1)
    upper, lower = (photo[row, columns[0]] * (1 - right_share) + photo[row, columns[1]] * right_share for row in rows)
    mixed: Doubles = upper * (1 - lower_share) + lower * lower_share
    return mixed
