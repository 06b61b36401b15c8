"""What a head's frozen body makes of features; needs TensorFlow."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.quiet import import_quietly

BATCH = 512


def embed_with_head(head: Path, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the embeddings (n, d) that the body of a `head.keras` makes of features (n, *shape)."""
    keras = import_quietly("keras")
    import export.network.inception_resnet_v1  # noqa: F401  # registers the layer that a head's file names
    from export.network.classifier import take_apart

    body = take_apart(keras.saving.load_model(head, compile=False)).body
    batches = (features[start : start + BATCH] for start in range(0, len(features), BATCH))
    return np.concatenate([np.asarray(body(batch, training=False), np.float32) for batch in batches])
