"""Ways to prepare the golden photo: as it should be, as near to that as clients may come, and as they get it wrong.

What a least cosine must accept and refuse is measured on these. All take one photo as uint8 (height, width, 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.faces import Square
from contract.fitting import Placement, Rectangle, fit_photo
from contract.inputs import GREY, Fit, PhotoInput
from device.recognise.faces import FaceFinder, sample_square
from device.recognise.regions import Detector
from device.recognise.resizing import resize

Pixels = NDArray[np.uint8]
Resize = Callable[[Image.Image, int, int], Image.Image]

NEAR, OFF = 1 / 400, 1 / 10
"""How far, in shares of its side, a face's square may be from the right one, and is where it is off."""
WHOLE_FITS = (Fit.CROP, Fit.LETTERBOX, Fit.STRETCH)
_SEED = 7


@dataclass(frozen=True, slots=True, eq=False)
class Preparations:
    """What the prefix takes, without the batch, prepared in several ways."""

    right: NDArray[Any]
    """As the contract says."""
    near: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """As other clients may do it rightly, by what differs."""
    wrong: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """By the mistake."""


def prepare_photo(pixels: Pixels, photo_input: PhotoInput, detector: Detector | None) -> Preparations | None:
    """Prepare a photo; None where it has no face and the input is of faces."""
    if photo_input.faces is None or detector is None:
        return _prepare_whole(pixels, photo_input)
    image = Image.fromarray(pixels)
    found = FaceFinder(detector, photo_input.faces).find(image)
    return None if found.subject is None else _prepare_face(image, found.squares[found.subject], photo_input)


def prepare_tensor(tensor: NDArray[Any]) -> Preparations:
    """Take a tensor as it is; what can be wrong with one is the order of its numbers."""
    turned = np.ascontiguousarray(tensor.ravel(order="F").reshape(tensor.shape))
    return Preparations(tensor, wrong={} if np.array_equal(turned, tensor) else {"axes in the opposite order": turned})


def _prepare_whole(pixels: Pixels, photo_input: PhotoInput) -> Preparations:
    height, width, _ = pixels.shape
    placement = fit_photo(width, height, photo_input=photo_input)

    def fitted(at: Placement, resize: Resize = resize) -> Pixels:
        return _fitted(pixels, at, photo_input, resize)

    exchanged = _fitted(pixels[..., ::-1], placement, photo_input, resize)

    right = fitted(placement)
    wrong = {"no antialiasing": fitted(placement, _between_four), "red and blue exchanged": exchanged}
    wrong |= _other_numbers(right)
    for fit in (fit for fit in WHOLE_FITS if fit is not photo_input.fit):
        other = fit_photo(width, height, photo_input=replace(photo_input, fit=fit))
        wrong[f"{fit} in place of {photo_input.fit}"] = fitted(other)
    for what, at in _off(placement, width, height, photo_input).items():
        wrong[what] = fitted(at)
    return Preparations(right, {"rounded otherwise": _rounded_otherwise(right)}, _that_differ(wrong, right))


def _prepare_face(image: Image.Image, square: Square, photo_input: PhotoInput) -> Preparations:
    size = photo_input.height

    def cut_out(at: Square, image: Image.Image = image) -> Pixels:
        return _in_channels(Image.fromarray(sample_square(image, at, size=size)), photo_input)

    def moved(share: float) -> Square:
        return replace(square, x=square.x + share * square.side, y=square.y + share * square.side)

    right = cut_out(square)
    near = {"rounded otherwise": _rounded_otherwise(right)}
    near |= {"a square a little off": cut_out(moved(NEAR)), "the same, the other way": cut_out(moved(-NEAR))}
    middle = _prepare_whole(np.asarray(image), replace(photo_input, fit=Fit.CROP, faces=None)).right
    wrong = {"no antialiasing": _in_channels(_sample_between_four(image, square, size), photo_input)}
    wrong["red and blue exchanged"] = cut_out(square, Image.fromarray(np.asarray(image)[..., ::-1]))
    wrong |= _other_numbers(right)
    wrong |= {"a square that is off by a tenth": cut_out(moved(OFF)), "the middle in place of the face": middle}
    return Preparations(right, near, _that_differ(wrong, right))


def _fitted(pixels: Pixels, at: Placement, photo_input: PhotoInput, resize: Resize) -> Pixels:
    part, place = at.part, at.place
    image = Image.fromarray(pixels[part.top : part.top + part.height, part.left : part.left + part.width])
    if photo_input.channels == GREY:
        image = image.convert("L")
    whole = Image.new(image.mode, (photo_input.width, photo_input.height))
    whole.paste(resize(image, place.width, place.height), (place.left, place.top))
    return np.asarray(whole).reshape(photo_input.shape)


def _in_channels(image: Image.Image, photo_input: PhotoInput) -> Pixels:
    if photo_input.channels == GREY:
        return np.asarray(image.convert("L"))[..., np.newaxis]
    return np.asarray(image)


def _between_four(image: Image.Image, width: int, height: int) -> Image.Image:
    """Resize by the four neighbours alone, as plain bilinear filters do."""
    matrix = (image.width / width, 0.0, 0.0, 0.0, image.height / height, 0.0)
    return image.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _sample_between_four(image: Image.Image, square: Square, size: int) -> Image.Image:
    step = square.side / size
    cosine, sine = math.cos(square.angle) * step, math.sin(square.angle) * step
    x, y = square.in_photo(0.0, 0.0)
    matrix = (cosine, -sine, x, sine, cosine, y)
    return image.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _other_numbers(right: Pixels) -> dict[str, Pixels]:
    """Return the right pixels as other numbers."""
    return {"pixels of 0 to 1": right // np.uint8(255), "pixels of -128 to 127": right ^ np.uint8(0x80)}


def _off(at: Placement, width: int, height: int, photo_input: PhotoInput) -> dict[str, Placement]:
    """Return the fit at the corner, and a tenth of the input off; a stretch is nowhere else."""
    if photo_input.fit is Fit.STRETCH:
        return {}
    if photo_input.fit is Fit.CROP:
        part = at.part
        right, below = part.left + round(OFF * part.width), part.top + round(OFF * part.height)
        there = (min(right, width - part.width), min(below, height - part.height))
        return {
            "cropped at the corner": replace(at, part=Rectangle(0, 0, part.width, part.height)),
            "cropped a tenth off": replace(at, part=Rectangle(*there, part.width, part.height)),
        }
    place = at.place
    return {"at the corner": replace(at, place=Rectangle(0, 0, place.width, place.height))}


def _rounded_otherwise(right: Pixels) -> Pixels:
    """Move each value by at most 1, as another order of rounding does."""
    moved = np.random.default_rng(_SEED).integers(-1, 2, right.shape)
    return np.clip(right.astype(np.int16) + moved, 0, 255).astype(np.uint8)


def _that_differ(wrong: Mapping[str, Pixels], right: Pixels) -> dict[str, NDArray[Any]]:
    """Leave out what is no mistake with this input, as a letterbox of a photo that fills it."""
    return {what: pixels for what, pixels in wrong.items() if not np.array_equal(pixels, right)}
