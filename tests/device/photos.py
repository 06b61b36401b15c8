"""Photos that the tiny prefix tells apart."""

import numpy as np
from numpy.typing import NDArray


def draw_photo(tile: int, *, shade: int = 0, size: int = 160) -> NDArray[np.uint8]:
    """A photo of one shade whose tile `tile` of 2 x 4 is bright; each shade is another photo."""
    pixels = np.full((size, size, 3), shade, np.uint8)
    row, column = divmod(tile, 4)
    pixels[row * size // 2 : (row + 1) * size // 2, column * size // 4 : (column + 1) * size // 4] = 255
    return pixels
