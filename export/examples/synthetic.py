"""Photos and tensors of nothing, which stand in where none may, or can, be had.

The golden sample is made of one, so that a bundle carries nobody's data; without examples a seeded backbone is
calibrated on them and a bundle's parity measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType
from device.recognise.image import Photo
from device.recognise.preparation import prepare

PATCHES = 12
"""Coarse enough to have edges and areas as photos do, fine enough that no two are alike."""


def synthetic_inputs(count: int, *, model_input: ModelInput, seed: int) -> NDArray[Any]:
    """Draw inputs (count, *input shape); one seed gives the same ones, more of them begin alike.

    Photos are coloured clouds, taken as they are where faces are found: they have none. Tensors of floats are normally
    distributed, those of integers hold 0 and 1: an integer may be an index, and those are always there.
    """
    random = np.random.default_rng(seed)
    draw = _draw_photo if isinstance(model_input, PhotoInput) else _draw_tensor
    return np.stack([draw(random, model_input) for _ in range(count)])  # type: ignore[arg-type]  # chosen by its type


def candidate_inputs(count: int, *, model_input: ModelInput, seed: int) -> Iterator[NDArray[Any]]:
    """Yield inputs (count, *input shape) to choose from, each of another range, beginning with `synthetic_inputs`.

    A network may take the logarithm or the root of its input, and has an answer to some of them only: numbers of both
    signs, positive ones, those between 0 and 1, zeros, ones.
    """
    first = synthetic_inputs(count, model_input=model_input, seed=seed)
    yield first
    if isinstance(model_input, PhotoInput):
        return
    if model_input.type is TensorType.FLOAT32:
        yield np.abs(first)
        yield (0.25 + 0.5 * np.random.default_rng(seed).random(first.shape)).astype(np.float32)
    yield np.zeros_like(first)
    yield np.ones_like(first)


def _draw_photo(random: np.random.Generator, photo_input: PhotoInput) -> NDArray[Any]:
    if photo_input.fit is Fit.FACES:
        photo_input = replace(photo_input, fit=Fit.CROP, faces=None)
    return prepare(Photo.from_pixels(random.integers(0, 256, (PATCHES, PATCHES, 3), np.uint8)), photo_input)


def _draw_tensor(random: np.random.Generator, tensor_input: TensorInput) -> NDArray[Any]:
    if tensor_input.type is TensorType.FLOAT32:
        return random.standard_normal(tensor_input.shape, np.float32)
    return random.integers(0, 2, tensor_input.shape).astype(tensor_input.dtype)
