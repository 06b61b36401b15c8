"""Finds faces in photos: runs the bundle's detector and cuts out what the prefix takes, as `contract.faces` says where.

A photo is looked at whole, and once more with a margin if no face was found; each tilted face is looked at once more in
a square turned with it. Everything is resized with antialiasing, for the detector misses small faces otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.face_parameters import FaceParameters
from contract.faces import (
    Face,
    Letterbox,
    Square,
    bound_faces,
    choose_subject,
    find_faces,
    second_look,
    seen_again,
    sort_faces,
    square_of,
)
from device.errors import ModelRefused
from device.recognise.resizing import resize

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FoundFaces:
    """The faces of one photo, widest first."""

    faces: tuple[Face, ...]
    """In the photo's pixels."""
    squares: tuple[Square, ...]
    """What the prefix takes of each."""
    subject: int | None
    """Which of them the photo is of; None where there is none."""


class FaceFinder:
    """Finds faces with a bundle's detector. Use it in one thread of one process, as its detector.

    Args:
        run: runs `detector.tflite` on what it takes, uint8 (1, S, S, 3); answers float32 (1, n, 17).
        parameters: as the bundle says them.
    """

    def __init__(self, run: Callable[[Pixels], NDArray[np.float32]], parameters: FaceParameters) -> None:
        self._run_detector = run
        self._parameters = parameters

    def find(self, image: Image.Image) -> FoundFaces:
        """Find the faces of a photo, RGB.

        Raises:
            ModelRefused: the detector gives numbers that are not finite.
        """
        faces = self._look(image, margin=0.0) or self._look(image, margin=self._parameters.margin)
        faces = sort_faces([self._look_again(image, face) for face in bound_faces(faces)])
        subject = None
        if faces:
            subject = choose_subject(faces, width=image.width, height=image.height, parameters=self._parameters)
        return FoundFaces(tuple(faces), tuple(square_of(face, self._parameters) for face in faces), subject)

    def _look(self, image: Image.Image, *, margin: float) -> list[Face]:
        letterbox = Letterbox.of(image.width, image.height, side=self._parameters.input, margin=margin)
        taken = Image.new("RGB", (letterbox.side, letterbox.side))
        taken.paste(resize(image, *letterbox.inner), letterbox.place)
        return [letterbox.in_photo(face) for face in self._run(np.asarray(taken))]

    def _look_again(self, image: Image.Image, face: Face) -> Face:
        square = second_look(face, self._parameters)
        if square is None:
            return face
        found = self._run(sample_square(image, square, size=self._parameters.input))
        return seen_again(face, square, found, self._parameters)

    def _run(self, pixels: Pixels) -> list[Face]:
        numbers = self._run_detector(pixels[np.newaxis])[0]
        if not np.isfinite(numbers).all():
            raise ModelRefused("detector: expected finite numbers, got NaN or infinity")
        return find_faces(numbers, self._parameters)


def sample_square(image: Image.Image, square: Square, *, size: int) -> Pixels:
    """Return a square of a photo as uint8 (size, size, 3): bilinear, the photo reduced with antialiasing first.

    What is outside of the photo is black. Of the reduced photo only the part that the square covers is computed.
    """
    reduction = min(1.0, size / square.side)
    reduced = tuple(max(1, round(length * reduction)) for length in image.size)
    scales = reduced[0] / image.width, reduced[1] / image.height
    (left, right), (top, bottom) = (_covered(square, axis, scales[axis], reduced[axis]) for axis in (0, 1))
    if right <= left or bottom <= top:  # wholly outside of the photo
        return np.zeros((size, size, 3), np.uint8)
    box = (
        left / scales[0],
        top / scales[1],
        min(right / scales[0], image.width),
        min(bottom / scales[1], image.height),
    )
    part = image.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=box)
    matrix = _matrix(square, size=size, scales=scales, start=(left, top))
    return np.asarray(part.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))


def _covered(square: Square, axis: int, scale: float, length: int) -> tuple[int, int]:
    """Return from where to where a square covers the reduced photo on an axis of that length, in whole pixels."""
    corners = [square.in_photo(x, y)[axis] * scale for x in (0.0, 1.0) for y in (0.0, 1.0)]
    return max(0, math.floor(min(corners)) - 1), min(length, math.ceil(max(corners)) + 1)


def _matrix(
    square: Square, *, size: int, scales: tuple[float, float], start: tuple[int, int]
) -> tuple[float, float, float, float, float, float]:
    """Return what leads from the square's pixels to those of the reduced photo's part that begins at `start`.

    Pillow takes the centre of a pixel, (u + 0.5, v + 0.5), through it.
    """
    step = square.side / size
    cosine, sine = math.cos(square.angle) * step, math.sin(square.angle) * step
    first_x, first_y = square.in_photo(0.0, 0.0)
    (across, down), (left, top) = scales, start
    return (
        cosine * across, -sine * across, first_x * across - left,
        sine * down, cosine * down, first_y * down - top,
    )  # fmt: skip
