"""What a head's frozen body makes of features; needs TensorFlow."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.quiet import import_quietly

BATCH = 512


Floats = NDArray[np.float32]


def embed_with_head(head: Path, features: Floats) -> Floats:
    """Return the embeddings (n, d) that the body of a `head.keras` makes of features (n, *shape)."""
    body = _body(head)
    batches = (features[start : start + BATCH] for start in range(0, len(features), BATCH))
    return np.concatenate([np.asarray(body(batch, training=False), np.float32) for batch in batches])


def map_linearly(head: Path, width: int) -> tuple[Floats, Floats]:
    """Return what a body without convolutions makes of no feature (1, d), and of each unit feature (width, d).

    Embeddings are taken before they are scaled to one length, so that it is a linear map.
    """
    keras = import_quietly("keras")
    from export.network.inception_resnet_v1 import ScaleToLength

    body = _body(head)
    last = body.layers[-1]
    linear = keras.Model(body.inputs[0], last.input) if isinstance(last, ScaleToLength) else body
    return (
        np.asarray(linear(np.zeros((1, width), np.float32)), np.float32),
        np.asarray(linear(np.eye(width, dtype=np.float32)), np.float32),
    )


def _body(head: Path) -> Any:
    keras = import_quietly("keras")
    import export.network.inception_resnet_v1  # noqa: F401  # registers the layer that a head's file names
    from export.network.classifier import take_apart

    return take_apart(keras.saving.load_model(head, compile=False)).body
