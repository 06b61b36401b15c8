"""Resizes pictures: bilinear with antialiasing, a triangle filter as wide as the reduction, over all of the picture.

That is one filter, not an average of whole pixels first: what the detector and the prefix see hangs on it. Only of
pictures that are far longer than any photo are runs of pixels averaged before.
"""

from __future__ import annotations

from PIL import Image

LONGEST_RUN = 256
"""Pixels that are averaged at once, across and down, in a picture that is to become over twice as many times shorter.

Pillow's own filter loses its precision with some 100,000 pixels in each, and ends at black.
"""
MAX_LENGTH = 1 << 20
"""In pixels. A longer side is averaged in pairs, as long as that is a reduction: its weights would take a gigabyte."""


def resize(image: Image.Image, width: int, height: int) -> Image.Image:
    """Return a picture of this size; one that has it already is returned as it is."""
    across, down = _run(image.width, width), _run(image.height, height)
    if (across, down) != (1, 1):
        return resize(image.reduce((across, down)), width, height)
    return image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BILINEAR)


def _run(length: int, size: int) -> int:
    """Return how many pixels are averaged before a length is resized; 1: none."""
    if length > 2 * LONGEST_RUN * size:
        return LONGEST_RUN
    return 2 if length > MAX_LENGTH and length > 4 * size else 1
