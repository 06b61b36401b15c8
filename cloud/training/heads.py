"""A head in a process that has Keras: the bundle's Keras file with trained weights in it, and its embeddings.

Pure Keras.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

import export.network.inception_resnet_v1  # noqa: F401  # registers the layers that a head may have
from cloud.training.executors.arrays import Bytes, Collect, Floats
from cloud.training.weights import HeadWeights
from contract.callbacks import Progress
from contract.training_bundle import KERAS_HEAD_FILE
from export.errors import HeadError
from export.network.classifier import HeadParts, take_apart

BATCH = 64


def load_head(head_file: Bytes, weights: HeadWeights | None) -> HeadParts:
    """Return the head in the bytes of a `.keras` file; with `weights`, those instead of the file's.

    Raises:
        HeadError: Keras cannot load the file, or its network is not a head.
        ValueError: the weights are of another head.
    """
    parts = take_apart(_load(head_file))
    if weights is None:
        return parts
    if len(weights.body):
        fill(parts.body, weights.body)
    return HeadParts(parts.body, weights.kernel, weights.bias)


def _load(head_file: Bytes) -> keras.Model:
    """Return the network, by way of a temporary file: Keras reads by name alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KERAS_HEAD_FILE
        path.write_bytes(head_file.data)
        try:
            return keras.saving.load_model(path, compile=False)
        except Exception as error:  # whatever Keras raises at a file of another kind
            first = (str(error).strip().splitlines() or [""])[0]
            got = f"{type(error).__name__}: {first}"
            raise HeadError(f"the bundle's {path.name}", expected="a network that Keras can load", got=got) from error


def fill(body: keras.Model, row: Floats) -> None:
    """Put into a body what `flatten` took out of one like it.

    Raises:
        ValueError: it came from another body.
    """
    shapes = [array.shape for array in body.get_weights()]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    if ends[-1:].tolist() != [len(row)]:
        raise ValueError(f"body: expected weights of {ends[-1:].tolist()} numbers, got {len(row)}")
    pieces = np.split(row, ends[:-1])
    body.set_weights([piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)])


def flatten(body: keras.Model) -> Floats:
    """Return all weights of a body in one row."""
    row: Floats = np.concatenate([np.ravel(array) for array in body.get_weights()]).astype(np.float32)
    return row


def embed_features(body: keras.Model, features: Floats, *, progress: Progress, collect: Collect) -> Floats:
    """Return the embeddings (n, d) of features (n, *shape); both may be larger than memory."""
    shape = len(features), int(body.output_shape[-1])
    return collect(_embeddings(body, features, progress), shape)


def _embeddings(body: keras.Model, features: Floats, progress: Progress) -> Iterator[Floats]:
    for begin in range(0, len(features), BATCH):
        yield body.predict_on_batch(np.asarray(features[begin : begin + BATCH]))
        progress(min(begin + BATCH, len(features)), len(features))


def has_weights(body: keras.Model) -> bool:
    """Tell whether a body has weights to train."""
    return bool(body.trainable_weights)
