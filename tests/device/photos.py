"""Photos that the tiny prefix tells apart."""

import numpy as np

from device.recognise.image import Photo


def draw_photo(tile: int, *, shade: int = 0, size: int = 160) -> Photo:
    """Draw a photo of one shade whose tile `tile` of 2 x 4 is bright; each shade is another photo."""
    pixels = np.full((size, size, 3), shade, np.uint8)
    row, column = divmod(tile, 4)
    pixels[row * size // 2 : (row + 1) * size // 2, column * size // 4 : (column + 1) * size // 4] = 255
    return Photo.from_pixels(pixels)
