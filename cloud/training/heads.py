"""The only home of opening a head in the cloud: the bundle's Keras file, with trained weights in it. Pure Keras."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

import export.inception_resnet_v1  # noqa: F401  # registers the layers that a head may have
from cloud.training.cycle_folder import map_array, write_array
from cloud.training.executors.process_main import Tell
from cloud.training.weights import HeadWeights
from export.classifier import HeadParts, take_apart
from export.errors import HeadError

BATCH = 64

Floats = NDArray[np.float32]


def open_head(file: Path, weights: HeadWeights | None) -> HeadParts:
    """The head in a `.keras` file; with `weights`, those instead of the file's.

    Raises:
        HeadError: the file is none of Keras's, or its network is no head.
        ValueError: the weights are of another head.
    """
    parts = take_apart(_load(file))
    if weights is None:
        return parts
    if len(weights.body):
        fill(parts.body, weights.body)
    return HeadParts(parts.body, weights.kernel, weights.bias)


def _load(file: Path) -> keras.Model:
    try:
        return keras.saving.load_model(file, compile=False)
    except Exception as error:  # whatever Keras trips over in a file that is none of its own
        first = (str(error).strip().splitlines() or [""])[0]
        got = f"{type(error).__name__}: {first}"
        raise HeadError(f"the bundle's {file.name}", expected="a network that Keras can load", got=got) from error


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
    """All weights of a body in one row."""
    row: Floats = np.concatenate([np.ravel(array) for array in body.get_weights()]).astype(np.float32)
    return row


def embed(body: keras.Model, features: Floats, *, into: Path, tell: Tell) -> Floats:
    """The embeddings (n, d) of features (n, *shape), in a new file, mapped; both may be larger than memory."""
    shape = len(features), int(body.output_shape[-1])
    write_array(into, _embeddings(body, features, tell), shape=shape)
    return map_array(into)


def _embeddings(body: keras.Model, features: Floats, tell: Tell) -> Iterator[Floats]:
    for begin in range(0, len(features), BATCH):
        yield body.predict_on_batch(np.asarray(features[begin : begin + BATCH]))
        tell(min(begin + BATCH, len(features)), len(features))


def has_weights(body: keras.Model) -> bool:
    """Whether there is anything to thaw."""
    return bool(body.trainable_weights)
