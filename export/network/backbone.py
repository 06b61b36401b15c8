"""The reference network, from a file of weights or from a seed."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from export.network.inception_resnet_v1 import STANDARDIZATION, build
from export.network.standardization import standardized
from export.network.weights import BATCH_NORM_PHOTOS, calibrate_batch_norm, load_weights


def load_reference(*, classes: int, weights: Path) -> keras.Model:
    """Build InceptionResNet-V1 with weights from a file.

    Raises:
        WeightsError: a file that does not fit.
    """
    model = build(classes=classes)
    load_weights(model, weights)
    return model


def draw_reference(*, classes: int, seed: int, photos: NDArray[np.uint8]) -> keras.Model:
    """Build InceptionResNet-V1 with weights drawn from a seed and the batch statistics of up to 64 of the photos.

    Fewer are mirrored as well: some statistics of few faces are small by chance, and amplify what conversion changes.
    """
    keras.utils.set_random_seed(seed)
    model = build(classes=classes)
    both = np.concatenate([photos, photos[:, :, ::-1]])
    calibrate_batch_norm(model, standardized(both[:BATCH_NORM_PHOTOS], STANDARDIZATION))
    return model
