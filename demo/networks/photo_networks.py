"""MobileNetV2 and EfficientNetB0 for photos, in the usual recipe of transfer learning: a base, pooling, a classifier.

With published weights the base is as given. Without, there is nothing to transfer, so that a little is learned first:
everything is drawn from a seed, and the base's last blocks are trained on digits that the demo does not use. What is
below them stays as drawn and runs once, so that it takes a minute or two.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from demo.networks.digits import training_digits

SIDE = 224
EPOCHS, BATCH, LEARNING_RATE = 6, 32, 1e-3
MOMENTUM = 0.9
"""Of batch statistics while so few batches train."""

Photos = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Kind:
    base: Any
    """Of keras.applications."""
    last_drawn: str
    """The last layer of the base that is not trained, a BatchNormalization outside of residual branches."""
    scales_itself: bool
    """Whether the base begins with its own Rescaling."""


_KINDS = {
    "mobilenetv2": _Kind(keras.applications.MobileNetV2, "block_13_project_BN", scales_itself=False),
    "efficientnetb0": _Kind(keras.applications.EfficientNetB0, "block6a_project_bn", scales_itself=True),
}


def train_photos(name: str, labels: Sequence[str], *, weights: Path | None, seed: int) -> keras.Model:
    """Return a network that takes photos (n, 224, 224, 3), 0 to 255, and knows some labels.

    Raises:
        ValueError, OSError: weights that are not those of this network without its top.
    """
    keras.utils.set_random_seed(seed)
    kind = _KINDS[name]
    file = None if weights is None else str(weights)
    base = kind.base(include_top=False, weights=file, input_shape=(SIDE, SIDE, 3))
    network = _with_classifier(base, kind, classes=len(labels))
    if weights is None:
        photos, owners = training_digits(labels, side=SIDE)
        _learn(network, base, kind, photos, owners)
    return network


def _with_classifier(base: keras.Model, kind: _Kind, *, classes: int) -> keras.Model:
    layers = keras.layers
    photo = keras.Input((SIDE, SIDE, 3), name="photo")
    scaled = photo if kind.scales_itself else layers.Rescaling(1 / 127.5, offset=-1, name="scale")(photo)
    x = layers.GlobalAveragePooling2D(name="pooling")(base(scaled))
    x = layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(photo, layers.Dense(classes, activation="softmax", name="classifier")(x))


def _learn(network: keras.Model, base: keras.Model, kind: _Kind, photos: Photos, owners: NDArray[np.int64]) -> None:
    """Train what is above the last drawn layer, whose channels come to have mean 0 and deviation 1."""
    last = base.get_layer(kind.last_drawn)
    scaled = photos.astype(np.float32) if kind.scales_itself else photos / np.float32(127.5) - 1
    drawn = keras.Model(base.input, last.output).predict(scaled, batch_size=BATCH, verbose=0)
    mean, deviation = drawn.mean((0, 1, 2), np.float64), drawn.std((0, 1, 2), np.float64)
    last.gamma.assign(1 / deviation)  # 1 as drawn, and beta 0
    last.beta.assign(-mean / deviation)
    place = keras.Input(drawn.shape[1:])
    x = keras.Model(last.output, base.output)(place)
    for layer in network.layers[-3:]:  # pooling, dropout, classifier
        x = layer(x)
    above = keras.Model(place, x)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    above.compile(optimizer, loss="sparse_categorical_crossentropy", jit_compile=False)
    with _momentum(base, MOMENTUM):
        above.fit((drawn - mean) / deviation, owners, batch_size=BATCH, epochs=EPOCHS, verbose=0)


@contextlib.contextmanager
def _momentum(base: keras.Model, momentum: float) -> Iterator[None]:
    """Let a base's batch statistics have another momentum while the block runs."""
    norms = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = momentum
    try:
        yield
    finally:
        for norm, own in zip(norms, before, strict=True):
            norm.momentum = own
