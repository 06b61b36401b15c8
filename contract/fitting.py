"""Fitting: where a photo of any size goes in the input of a prefix, in integers that every client computes alike.

    photo, oriented            input
    +-----------------+        +---------+
    |    +-------+    |        |         |
    |    | part  | ---resized--> place   |      what of the input is outside of `place` is black
    |    +-------+    |        |         |
    +-----------------+        +---------+

A crop leaves out what is outside of `part`, a letterbox fills what is outside of `place`, a stretch does neither.
"""

from dataclasses import dataclass

from contract.errors import Impossible
from contract.inputs import Fit, PhotoInput


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Some pixels of a picture, counted from its left and its top."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Which part of a photo is resized, and where in the input the result lies."""

    part: Rectangle
    """Of the photo."""
    place: Rectangle
    """Of the input; its size is what the part is resized to."""


def fit_photo(width: int, height: int, *, photo_input: PhotoInput) -> Placement:
    """Tell where a photo of `width` x `height` pixels, each at least 1, goes in the input.

    Raises:
        Impossible: the input is of faces: no whole photo goes in it.
    """
    if photo_input.fit is Fit.FACES:
        raise Impossible("fit", expected="crop, letterbox or stretch", got=photo_input.fit)
    photo, whole = Rectangle(0, 0, width, height), Rectangle(0, 0, photo_input.width, photo_input.height)
    if photo_input.fit is Fit.CROP:
        return Placement(_centred(*_crop(photo, whole), within=photo), whole)
    if photo_input.fit is Fit.LETTERBOX:
        return Placement(photo, _centred(*_shrink(photo, whole), within=whole))
    return Placement(photo, whole)


def _crop(photo: Rectangle, whole: Rectangle) -> tuple[int, int]:
    """Return the largest width and height within the photo that have the input's proportions."""
    if photo.width * whole.height > photo.height * whole.width:
        return max(1, photo.height * whole.width // whole.height), photo.height
    return photo.width, max(1, photo.width * whole.height // whole.width)


def _shrink(photo: Rectangle, whole: Rectangle) -> tuple[int, int]:
    """Return the largest width and height within the input that have the photo's proportions."""
    if photo.width * whole.height > photo.height * whole.width:
        return whole.width, _rounded(photo.height * whole.width, photo.width)
    return _rounded(photo.width * whole.height, photo.height), whole.height


def _centred(width: int, height: int, *, within: Rectangle) -> Rectangle:
    return Rectangle((within.width - width) // 2, (within.height - height) // 2, width, height)


def _rounded(dividend: int, divisor: int) -> int:
    """Divide to the nearest integer, halves up, at least 1."""
    return max(1, (2 * dividend + divisor) // (2 * divisor))
