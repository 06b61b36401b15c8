"""Prepares what an inference is about, a photo or a tensor, as the bundle's input says; its sample id is made here too.

A photo's pixels become the prefix's in these steps, which every client repeats in the same order::

    channels 1: luma        crop: the largest centred part of the input's proportions, resized
                            letterbox: all of it, resized in its proportions, centred on black
                            stretch: all of it, resized

Resizing is bilinear with antialiasing; a photo of the input's height and width is left as it is. Standardization is
inside the prefix. Tensors are passed on as they are, once dtype, shape and finiteness are what the bundle says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.inputs import GREY, Fit, ModelInput, PhotoInput, TensorInput
from contract.samples import sample_id, tensor_sample_id
from device.errors import TensorError
from device.recognise.image import Photo

Example = Photo | NDArray[Any]
"""What an inference is about; an array is a tensor, or a photo's pixels where the bundle takes photos."""


def as_example(given: Example, model_input: ModelInput) -> Example:
    """Return a photo for an input of photos and a checked tensor for one of tensors.

    Raises:
        PhotoError: an array that is not uint8 (height, width, 3).
        TensorError: a photo, or an array of another dtype or shape, or with a NaN or an infinity.
    """
    if isinstance(model_input, TensorInput):
        return check_tensor(given, model_input)
    return given if isinstance(given, Photo) else Photo.from_pixels(given)


def prepare(example: Example, model_input: ModelInput) -> NDArray[Any]:
    """Return what the prefix takes, without the batch: of the input's dtype and shape. Raises as `as_example` does."""
    example = as_example(example, model_input)
    if isinstance(example, Photo):
        assert isinstance(model_input, PhotoInput)
        return _prepare_photo(example.pixels, model_input)
    return example


def name_example(example: Example, secret: bytes) -> bytes:
    """Return the sample id (16 bytes) of what `as_example` returned."""
    return sample_id(secret, example.pixels) if isinstance(example, Photo) else tensor_sample_id(secret, example)


def check_tensor(given: Example, model_input: TensorInput, *, where: str = "tensor") -> NDArray[Any]:
    """Return a tensor of the input's dtype and shape, in this machine's byte order.

    Raises:
        TensorError: anything else, or one with a NaN or an infinity.
    """
    expected = f"{model_input.dtype.name} {model_input.shape}"
    if not isinstance(given, np.ndarray):
        raise TensorError(f"{where}: expected {expected}, got {'a photo' if isinstance(given, Photo) else type(given)}")
    if given.dtype.name != model_input.dtype.name or given.shape != model_input.shape:
        raise TensorError(f"{where}: expected {expected}, got {given.dtype.name} {given.shape}")
    if not np.isfinite(given).all():
        raise TensorError(f"{where}: expected finite numbers, got NaN or infinity")
    return np.ascontiguousarray(given, model_input.dtype)


def _prepare_photo(pixels: NDArray[np.uint8], model_input: PhotoInput) -> NDArray[np.uint8]:
    if model_input.channels != GREY and pixels.shape == model_input.shape:
        return pixels
    image = Image.fromarray(pixels)
    if model_input.channels == GREY:
        image = image.convert("L")
    size = (model_input.width, model_input.height)
    fitted = image if image.size == size else _FITS[model_input.fit](image, size)
    return np.asarray(fitted).reshape(model_input.shape)


def _crop(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    (width, height), (wide, high) = image.size, size
    part = (
        (max(1, height * wide // high), height)
        if width * high > height * wide
        else (width, max(1, width * high // wide))
    )
    left, top = (width - part[0]) // 2, (height - part[1]) // 2
    return _resize(image, size, box=(left, top, left + part[0], top + part[1]))


def _letterbox(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    (width, height), (wide, high) = image.size, size
    if width * high > height * wide:
        inner = (wide, _rounded(height * wide, width))
    else:
        inner = (_rounded(width * high, height), high)
    black = Image.new(image.mode, size)
    black.paste(_resize(image, inner), ((wide - inner[0]) // 2, (high - inner[1]) // 2))
    return black


def _stretch(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return _resize(image, size)


_FITS: dict[Fit, Callable[[Image.Image, tuple[int, int]], Image.Image]] = {
    Fit.CROP: _crop,
    Fit.LETTERBOX: _letterbox,
    Fit.STRETCH: _stretch,
}


def _rounded(dividend: int, divisor: int) -> int:
    """Divide two sizes to the nearest integer, halves up, at least 1."""
    return max(1, (2 * dividend + divisor) // (2 * divisor))


def _resize(image: Image.Image, size: tuple[int, int], *, box: tuple[int, int, int, int] | None = None) -> Image.Image:
    return image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
