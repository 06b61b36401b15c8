"""Examples in files, as a device is given them: a photo, or a tensor in a `.npy`; which files are meant to be one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from demo.errors import DemoError
from device.recognise.image import Photo, load_photo
from export.errors import ExamplesError
from export.examples.arrays import read_all_inputs

PHOTO_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".heic", ".heif"),
        *(".avif", ".tif", ".tiff"),
    }
)
"""What is meant to be a photo, one that cannot be opened too: it is told then. Other files are passed over."""
TENSOR_SUFFIX = ".npy"


def is_photo(path: Path) -> bool:
    """Tell whether a file is meant to be a photo."""
    return path.suffix.lower() in PHOTO_SUFFIXES


def is_tensor(path: Path) -> bool:
    """Tell whether a file is meant to be a tensor."""
    return path.suffix.lower() == TENSOR_SUFFIX


def load_example(path: Path) -> Photo | NDArray[Any]:
    """Read a photo or a tensor, whatever a network takes.

    Raises:
        PhotoError: a file that is no photo.
        DemoError: a `.npy` that cannot be read.
    """
    if not is_tensor(path):
        return load_photo(path)
    return load_array(path)


def load_array(path: Path) -> NDArray[Any]:
    """Read a tensor, whatever a network takes.

    Raises:
        DemoError: a `.npy` that cannot be read.
    """
    try:
        return read_all_inputs(path)
    except ExamplesError as error:
        raise DemoError(f"{path}: expected a .npy file of numbers, got one that cannot be read ({error})") from error
