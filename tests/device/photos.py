"""Photos and tensors that the tiny prefixes tell apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.face_parameters import BACK
from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType
from device.recognise.image import Photo


def draw_tensor(row: int, *, shade: int = 0) -> NDArray[np.float32]:
    """Draw a tensor float32 (8, 4) whose row `row` of 8 stands out; each shade is another tensor."""
    tensor = np.full((8, 4), shade / 128 - 1, np.float32)
    tensor[row] = 1
    return tensor


def draw_photo(tile: int, *, shade: int = 0, size: int = 160) -> Photo:
    """Draw a photo of one shade whose tile `tile` of 2 x 4 is bright; each shade is another photo."""
    pixels = np.full((size, size, 3), shade, np.uint8)
    row, column = divmod(tile, 4)
    pixels[row * size // 2 : (row + 1) * size // 2, column * size // 4 : (column + 1) * size // 4] = 255
    return Photo.from_pixels(pixels)


@dataclass(frozen=True)
class Taken:
    """A kind of bundle: its prefix, and what that takes."""

    prefix: str
    input: ModelInput

    def draw(self, tile: int, *, shade: int = 0) -> NDArray[Any]:
        """Draw an array in which tile or row `tile` of 8 stands out."""
        return draw_tensor(tile, shade=shade) if self.is_tensor else draw_photo(tile, shade=shade, size=250).pixels

    def write(self, folder: Path, tile: int, *, shade: int = 0) -> Path:
        """Write the same as a file."""
        path = folder / f"{tile}-{shade}.{'npy' if self.is_tensor else 'png'}"
        array = self.draw(tile, shade=shade)
        np.save(path, array) if self.is_tensor else Image.fromarray(array).save(path)
        return path

    @property
    def is_tensor(self) -> bool:
        """Whether files of it are `.npy`."""
        return isinstance(self.input, TensorInput)


FACES = PhotoInput(160, 160, fit=Fit.FACES, faces=BACK)
TAKEN: Mapping[str, Taken] = {
    "photo": Taken("prefix.tflite", PhotoInput(160, 160)),
    "grey": Taken("grey-prefix.tflite", PhotoInput(80, 160, channels=1, fit=Fit.LETTERBOX)),
    "tensor": Taken("tensor-prefix.tflite", TensorInput(TensorType.FLOAT32, (8, 4))),
}
