"""Golden inputs of the tiny bundles: what `tiny.py`'s prefixes answer with one golden sample."""

import io

import numpy as np
from PIL import Image

from contract.inputs import GREY, Fit, ModelInput, TensorInput
from tests.contract.drawn import Pixels, draw

GOLDEN = np.array([0.9, -0.3, 0.1, -0.5, 0.2, 0.0, 0.4, -0.1], np.float32)
FACE = draw(640, 480, [(420, 200, 20)])


def golden_input(model_input: ModelInput) -> bytes:
    """The file whose feature is `GOLDEN`, or for an input of faces one with a face."""
    file = io.BytesIO()
    if isinstance(model_input, TensorInput):
        np.save(file, np.repeat(GOLDEN, 4).reshape(8, 4))
    elif model_input.fit is Fit.FACES:
        Image.fromarray(FACE).save(file, "PNG")
    else:
        Image.fromarray(_tiles(is_grey=model_input.channels == GREY)).save(file, "PNG")
    return file.getvalue()


def _tiles(*, is_grey: bool) -> Pixels:
    """Tiles of 80 x 80 in 2 x 4, in a photo that is larger: a prefix that sees the middle square of it sees them."""
    shades = np.round(GOLDEN * 128 + 127.5).astype(np.uint8).reshape(2, 4)
    tiles = np.kron(shades, np.ones((160, 80), np.uint8))
    photo = np.zeros((320, 320 if is_grey else 520, 3), np.uint8)
    left = (photo.shape[1] - 320) // 2
    photo[:, left : left + 320] = tiles[..., np.newaxis]
    return photo
