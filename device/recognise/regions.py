"""Regions: what of a photo or tensor an inference is about, prepared for the prefix; one function for whoever asks.

::

    a bundle of tensors     the tensor
    of photos               the whole photo, fitted
    of faces                each face, widest first; none where none is found
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.boxes import Box, whole_box
from contract.faces import Square
from contract.inputs import GREY, ModelInput, PhotoInput
from device.recognise.faces import FaceFinder, sample_square
from device.recognise.image import Photo
from device.recognise.preparation import Example, as_example, prepare

Detector = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Runs `detector.tflite` on uint8 (1, S, S, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One region."""

    values: NDArray[Any]
    """What the prefix takes, without the batch."""
    box: Box | None = None
    """Of the face, in the photo's pixels; None for a whole photo or tensor. It may reach beyond the photo."""
    is_subject: bool = True
    """Whether the photo is of it, as far as can be told: each photo with a face has one."""


class RegionFinder:
    """Finds the regions of what a bundle takes. Use it in one thread of one process, as its detector.

    Args:
        model_input: the bundle's.
        detector: of the bundle; only an input of faces needs one.
    """

    def __init__(self, model_input: ModelInput, detector: Detector | None = None) -> None:
        self._input = model_input
        self._faces: FaceFinder | None = None
        if isinstance(model_input, PhotoInput) and model_input.faces is not None:
            assert detector is not None  # a checked bundle of faces has one
            self._faces = FaceFinder(detector, model_input.faces)

    def find(self, example: Example) -> tuple[Region, ...]:
        """Return the regions of a photo or tensor.

        Raises:
            PhotoError, TensorError: not what the input says.
            ModelRefused: the detector gives numbers that are not finite.
        """
        if self._faces is None:
            return (Region(prepare(example, self._input)),)
        photo = as_example(example, self._input)
        assert isinstance(photo, Photo)
        return self._find_faces(photo, self._faces)

    def _find_faces(self, photo: Photo, finder: FaceFinder) -> tuple[Region, ...]:
        image = Image.fromarray(photo.pixels)
        found = finder.find(image)
        return tuple(
            Region(self._cut_out(image, square), whole_box(face.box), number == found.subject)
            for number, (face, square) in enumerate(zip(found.faces, found.squares, strict=True))
        )

    def _cut_out(self, image: Image.Image, square: Square) -> NDArray[np.uint8]:
        size, *_, channels = self._input.shape
        pixels = sample_square(image, square, size=size)
        if channels == GREY:
            return np.asarray(Image.fromarray(pixels).convert("L"))[..., np.newaxis]
        return pixels
