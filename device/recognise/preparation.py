"""Prepares what an inference is about, a photo or a tensor, as the bundle's input says; its sample id is made here too.

A photo's pixels become the prefix's in these steps, which every client repeats in the same order::

    1 channel: luma     ->     the part that `contract.fitting` names, resized     ->     on black, where it says

What is outside of the part has no influence; a photo of the input's height and width is left as it is. Photos of faces
are prepared by `device.recognise.regions`. Standardisation is inside the prefix. Tensors are passed on as they are,
once dtype, shape and finiteness are what the bundle says.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.fitting import fit_photo
from contract.inputs import GREY, ModelInput, PhotoInput, TensorInput
from contract.samples import frame_sample_id, photo_sample_id, tensor_sample_id
from device.errors import TensorError, TensorFlaw
from device.recognise.image import Photo
from device.recognise.resizing import resize

Example = Photo | NDArray[Any]
"""What an inference is about; an array is a tensor, or a photo's pixels where the bundle takes photos."""


def as_example(given: Example, model_input: ModelInput) -> Example:
    """Return a photo for an input of photos and a checked tensor for one of tensors.

    Raises:
        PhotoError: the input is of photos, and this is neither one nor an array of pixels, uint8 (height, width, 3).
        TensorError: the input is of tensors, and this is another array, or none, or has a NaN or an infinity.
    """
    if isinstance(model_input, TensorInput):
        return check_tensor(given, model_input)
    return given if isinstance(given, Photo) else Photo.from_pixels(given)


def prepare(example: Example, model_input: ModelInput) -> NDArray[Any]:
    """Return what the prefix takes, without the batch: of the input's dtype and shape.

    Raises:
        PhotoError, TensorError: as `as_example`.
        Impossible: the input is of faces, which `RegionFinder` finds; the whole photo would be another example.
    """
    example = as_example(example, model_input)
    if isinstance(example, Photo):
        assert isinstance(model_input, PhotoInput)
        return _prepare_photo(example.pixels, model_input)
    return example


def name_example(example: Example, secret: bytes) -> bytes:
    """Return the sample id (16 bytes) of what `as_example` returned."""
    if not isinstance(example, Photo):
        return tensor_sample_id(secret, example)
    if example.file_sha256 is not None:
        return photo_sample_id(secret, example.file_sha256)
    return frame_sample_id(secret, example.pixels)


def check_tensor(given: object, model_input: TensorInput, *, where: str = "tensor") -> NDArray[Any]:
    """Return a tensor of the input's dtype and shape, in this machine's byte order.

    Raises:
        TensorError: anything else, or one with a NaN or an infinity.
    """
    if not isinstance(given, np.ndarray):
        got = "a photo" if isinstance(given, Photo) else f"a value of type {type(given).__name__}"
        raise TensorError(f"{where}: expected an array, {model_input}, got {got}")
    check_tensor_kind(given.dtype, given.shape, model_input, where=where)
    if not np.isfinite(given).all():
        raise TensorError(f"{where}: expected finite numbers, got NaN or infinity", flaw=TensorFlaw.NOT_FINITE)
    return np.ascontiguousarray(given, model_input.dtype)


def check_tensor_kind(
    dtype: np.dtype[Any], shape: tuple[int, ...], model_input: TensorInput, *, where: str = "tensor"
) -> None:
    """Refuse a dtype (its byte order aside) or a shape that is not the input's.

    Raises:
        TensorError: with the kind of the mistake.
    """
    flaw = _dtype_flaw(dtype, model_input.dtype) or _shape_flaw(shape, model_input.shape)
    if flaw is None:
        return
    message = f"{where}: expected {model_input}, got {'objects' if dtype.hasobject else dtype.name} {shape}"
    raise TensorError(message, flaw=flaw, dtype=model_input.dtype.name, shape=str(model_input.shape))


def _dtype_flaw(got: np.dtype[Any], expected: np.dtype[Any]) -> TensorFlaw | None:
    if got.hasobject:
        return TensorFlaw.OBJECTS
    if got.name == expected.name:
        return None
    return TensorFlaw.DTYPE if _is_float(got) == _is_float(expected) else TensorFlaw.KIND


def _is_float(dtype: np.dtype[Any]) -> bool:
    return np.issubdtype(dtype, np.floating)


def _shape_flaw(got: tuple[int, ...], expected: tuple[int, ...]) -> TensorFlaw | None:
    if got == expected:
        return None
    if got[1:] == expected:
        return TensorFlaw.BATCH
    if got == expected[::-1]:
        return TensorFlaw.TRANSPOSED
    return TensorFlaw.FLAT if math.prod(got) == math.prod(expected) else TensorFlaw.SHAPE


def _prepare_photo(pixels: NDArray[np.uint8], photo_input: PhotoInput) -> NDArray[np.uint8]:
    height, width, _ = pixels.shape
    placement = fit_photo(width, height, photo_input=photo_input)
    if pixels.shape == photo_input.shape:
        return pixels
    part, place = placement.part, placement.place
    kept = pixels[part.top : part.top + part.height, part.left : part.left + part.width]
    image = Image.fromarray(kept)
    if photo_input.channels == GREY:
        image = image.convert("L")
    resized = resize(image, place.width, place.height)
    if resized.size != (photo_input.width, photo_input.height):
        black = Image.new(image.mode, (photo_input.width, photo_input.height))
        black.paste(resized, (place.left, place.top))
        resized = black
    return np.asarray(resized).reshape(photo_input.shape)
