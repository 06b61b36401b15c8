"""A head in a process that has Keras: the bundle's Keras file with trained weights in it, and its embeddings.

Pure Keras.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

import export.network.inception_resnet_v1  # noqa: F401  # registers the layers that a head may have
from cloud.training.executors.arrays import Bytes, Collect, Floats, Integers
from cloud.training.weights import HeadWeights
from contract.arrays import FLOAT32_BYTES
from contract.callbacks import Progress
from contract.training_bundle import KERAS_HEAD_FILE
from export.errors import HeadError
from export.network.classifier import HeadParts, take_apart

BATCH_BYTES = 1 << 20
FEWEST_ROWS, MOST_ROWS = 16, 1024
"""Of features that a body takes at once: powers of two."""
MOST_HEADS = 2
"""That are kept in memory: a deep one takes 100 MB, and groups of one kind of device share theirs."""


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


class BundleHeads:
    """The heads of a few bundles, each loaded from its file once."""

    def __init__(self) -> None:
        self._loaded: dict[str, HeadParts] = {}

    def load(self, head_file: Bytes, weights: HeadWeights | None) -> HeadParts:
        """Return a head as `load_head` does; its body is shared unless `weights` have one, and is not to be changed.

        Raises as `load_head`.
        """
        if weights is not None and len(weights.body):
            return load_head(head_file, weights)
        key = head_id(head_file)
        parts = self._loaded.pop(key, None) or load_head(head_file, None)
        self._loaded = dict([*self._loaded.items(), (key, parts)][-MOST_HEADS:])
        return parts if weights is None else HeadParts(parts.body, weights.kernel, weights.bias)


def head_id(head_file: Bytes) -> str:
    """Return what tells a bundle's head from others."""
    return hashlib.sha256(head_file.data).hexdigest()


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


def embed_features(
    body: keras.Model, features: Floats, *, rows: Integers | None = None, progress: Progress, collect: Collect
) -> Floats:
    """Return the embeddings (k, d) of features (n, *shape), of all or of some rows (k,); both may exceed memory.

    What is computed of a row does not depend on the others, to the last bit. For that a batch has always as many rows,
    the last one zeros behind its own, and a power of two: libraries treat rows of one size alike but for a remainder.
    """
    rows = np.arange(len(features)) if rows is None else rows
    shape = len(rows), int(body.output_shape[-1])
    return collect(_embeddings(body, features, rows, progress), shape)


def _embeddings(body: keras.Model, features: Floats, rows: Integers, progress: Progress) -> Iterator[Floats]:
    size = batch_size(features.shape[1:])
    for begin in range(0, len(rows), size):
        some = rows[begin : begin + size]
        batch = np.zeros((size, *features.shape[1:]), np.float32)
        batch[: len(some)] = features[some]
        yield body.predict_on_batch(batch)[: len(some)]
        progress(begin + len(some), len(rows))


def batch_size(feature_shape: tuple[int, ...]) -> int:
    """Return how many features of a shape a body takes at once: a power of two."""
    rows = max(BATCH_BYTES // (FLOAT32_BYTES * math.prod(feature_shape)), FEWEST_ROWS)
    return min(1 << (rows.bit_length() - 1), MOST_ROWS)


def has_weights(body: keras.Model) -> bool:
    """Tell whether a body has weights to train."""
    return bool(body.trainable_weights)
