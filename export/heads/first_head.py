"""The first head: what a bundle's head knows before any device has given feedback."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.errors import HeadError
from export.examples.labelled import LabelledExamples
from export.heads.calibrate import calibrate, own_calibration
from export.heads.calibration import Calibration
from export.heads.fit import Recipe, fit_classifier
from export.network.classifier import HeadParts, put_together

BATCH = 64

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class FirstHead:
    """A head, what its classes are called, and when it says "unknown"."""

    network: keras.Model
    """From features (n, *shape) to logits (n, classes)."""
    labels: tuple[str, ...]
    calibration: Calibration


def own_head(parts: HeadParts, labels: tuple[str, ...]) -> FirstHead:
    """Return the head as the network came with it; nobody's photos tell when it should say "unknown"."""
    return FirstHead(put_together(parts.body, parts.kernel, parts.bias), labels, own_calibration(len(labels)))


def fit_first_head(
    body: keras.Model, features: Floats, people: LabelledExamples, *, seed: int, progress: Progress = ignore
) -> FirstHead:
    """Fit a head for these people on the training part of their features, and calibrate it with the held-out one.

    `features` are (n, *shape), as devices compute them from `people.inputs`. The `body` stays as it is.

    Raises:
        HeadError: the body's answers are not numbers.
    """
    embeddings, labels, judges = _embed(body, features), people.labels, people.held_out()
    recipe, classes = Recipe(seed=seed), len(people.names)
    kernel, bias = fit_classifier(
        embeddings[~judges], labels[~judges], classes=classes, recipe=recipe, progress=progress
    )
    calibration = calibrate(
        embeddings[~judges],
        labels[~judges],
        classes=classes,
        recipe=recipe,
        held_out=(embeddings[judges] @ kernel + bias, labels[judges]) if judges.any() else None,
        progress=progress,
    )
    return FirstHead(put_together(body, kernel, bias), people.names, calibration)


def _embed(body: keras.Model, features: Floats) -> Floats:
    embeddings: Floats = body.predict(features, batch_size=BATCH, verbose=0)
    finite = np.isfinite(embeddings).all(axis=1)
    if not finite.all():
        got = f"NaN or infinity on {np.count_nonzero(~finite)} of {len(finite)} samples"
        raise HeadError("head of the network", expected="finite numbers before its last layer", got=got)
    return embeddings
