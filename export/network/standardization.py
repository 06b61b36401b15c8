"""Standardization: how a photo's bytes become the numbers that a network was trained on.

It stays inside the prefix, so that no client can get it wrong. Each mode is named after where it comes from, and said
in numbers here; `x` is a pixel's channel, 0 to 255:

    facenet     (x - 127.5) / 128                             FaceNet, the reference network
    unit        x / 255                                       0 to 1
    symmetric   x / 127.5 - 1                                 -1 to 1; keras.applications' "tf"
    imagenet    (x / 255 - mean) / deviation                  means 0.485, 0.456, 0.406 of R, G, B, deviations 0.229,
                                                              0.224, 0.225; keras.applications' "torch"
    caffe       channels turned to B, G, R, x - mean          means 103.939, 116.779, 123.68 of B, G, R
    none        x                                             the network scales by itself, or takes a tensor
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.errors import RequestError

COLOURS = 3

Floats = NDArray[np.float32]


class Standardization(StrEnum):
    """The modes of `fedex-export --standardize`; the numbers are at the top of this module."""

    FACENET = "facenet"
    UNIT = "unit"
    SYMMETRIC = "symmetric"
    IMAGENET = "imagenet"
    CAFFE = "caffe"
    NONE = "none"

    @property
    def needs_colours(self) -> bool:
        """Tell whether it is of red, green and blue, each with numbers of its own."""
        return self in (Standardization.IMAGENET, Standardization.CAFFE)


IN_SHORT = (
    "facenet (x - 127.5) / 128, unit x / 255, symmetric x / 127.5 - 1, imagenet (x / 255 - mean) / deviation, "
    "caffe B, G, R minus their means, none x"
)
"""What `--help` says of the modes."""
_SCALES: dict[Standardization, tuple[tuple[float, ...], tuple[float, ...]]] = {
    Standardization.FACENET: ((127.5,), (128.0,)),
    Standardization.UNIT: ((0.0,), (255.0,)),
    Standardization.SYMMETRIC: ((127.5,), (127.5,)),
    Standardization.IMAGENET: ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    Standardization.CAFFE: ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
}
"""What is subtracted, and what is then divided by; one number for all channels, or one for each."""


def standardize(pixels: Any, mode: Standardization) -> Any:
    """Scale float32 pixels (n, height, width, channels), of numpy or Keras, as the mode says.

    Raises:
        RequestError: a mode of three colours, and photos of another number of channels.
    """
    if mode is Standardization.NONE:
        return pixels
    if mode.needs_colours and pixels.shape[-1] != COLOURS:
        raise RequestError(f"--standardize {mode}", expected="photos in colour", got=f"{pixels.shape[-1]} channel")
    if mode is Standardization.CAFFE:
        pixels = pixels[..., ::-1]
    means, scales = (np.array(values, np.float32) for values in _SCALES[mode])
    return (pixels - means) / scales


def standardized(inputs: NDArray[Any], mode: Standardization) -> NDArray[Any]:
    """Return inputs (n, *shape) as the Keras network takes them, photos as float32; tensors are left as they are."""
    if mode is Standardization.NONE and inputs.dtype != np.uint8:
        return inputs
    scaled: Floats = np.asarray(standardize(inputs.astype(np.float32), mode), np.float32)
    return scaled


def standardize_inside(tensor: Any, mode: Standardization) -> Any:
    """Scale a symbolic uint8 photo in a graph, as `standardized` does outside of one."""
    import keras  # here, for the command line asks this module for its modes before Keras is loaded

    return standardize(keras.ops.cast(tensor, "float32"), mode)
