"""The network to be cut, from a file of weights, from a seed, or from a Keras file."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from export.errors import WeightsError
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION, build
from export.network.standardization import standardized
from export.network.weights import calibrate_batch_norm, load_weights


def load_reference(*, classes: int, weights: Path) -> keras.Model:
    """Build InceptionResNet-V1 with weights from a file.

    Raises:
        WeightsError: a file that does not fit.
    """
    model = build(classes=classes)
    load_weights(model, weights)
    return model


def draw_reference(*, classes: int, seed: int, photos: NDArray[np.uint8]) -> keras.Model:
    """Build InceptionResNet-V1 with weights drawn from a seed and the batch statistics of up to 64 of the photos."""
    keras.utils.set_random_seed(seed)
    model = build(classes=classes)
    calibrate_batch_norm(model, standardized(photos, STANDARDIZATION))
    return model


def load_network(path: Path) -> keras.Model:
    """Load any network that Keras has saved and that takes the contract's photos, standardised.

    Raises:
        WeightsError: not a `.keras` file that can be loaded, or a network of another input.
    """
    where = f"network {path}"
    if path.suffix != ".keras" or not path.is_file():
        raise WeightsError(where, expected="a .keras file", got=path.suffix if path.is_file() else "none of that name")
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever the layers of the file raise
        raise WeightsError(where, expected="a network that Keras can load", got=_first_line(error)) from error
    _check_takes_photos(model, where)
    return model


def _check_takes_photos(model: keras.Model, where: str) -> None:
    inputs = getattr(model, "inputs", None) or []
    shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
    fits = (
        len(shapes) == 1
        and len(shapes[0]) == 3
        and all(size in (None, wanted) for size, wanted in zip(shapes[0], INPUT.shape, strict=True))
    )
    if not fits:
        raise WeightsError(where, expected=f"one input of shape {INPUT.shape}", got=str(shapes))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
