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
from export.heads.calibration import Calibration, can_say_more, says_most
from export.heads.class_means import Classifier, Floats, Labels
from export.heads.fit import fit_classifier
from export.heads.folds import Scored
from export.heads.recipe import EPOCHS, Recipe
from export.network.classifier import HeadParts, put_together

BATCH = 64


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
    classes, tried = len(people.names), list[tuple[Classifier, Calibration]]()
    for epochs in EPOCHS:
        if tried and not can_say_more(tried[0][1]):
            break
        recipe = Recipe(epochs=epochs, seed=seed)
        tried.append(_try(recipe, embeddings, labels, judges, classes=classes, progress=progress))
    classifier, calibration = tried[says_most([calibration for _, calibration in tried])]
    return FirstHead(put_together(body, *classifier), people.names, calibration)


def _try(
    recipe: Recipe, embeddings: Floats, labels: Labels, judges: NDArray[np.bool_], *, classes: int, progress: Progress
) -> tuple[Classifier, Calibration]:
    """Fit a classifier, and calibrate it with the photos that judge."""
    train, others = (embeddings[~judges], labels[~judges]), (embeddings[judges], labels[judges].astype(np.int64))
    kernel, bias = fit_classifier(*train, classes=classes, recipe=recipe, progress=progress)
    held_out = Scored(others[0] @ kernel + bias, others[1], np.ones(len(others[1]), np.float32))
    calibration = calibrate(*train, classes=classes, recipe=recipe, held_out=held_out, progress=progress)
    return (kernel, bias), calibration


def _embed(body: keras.Model, features: Floats) -> Floats:
    embeddings: Floats = body.predict(features, batch_size=BATCH, verbose=0)
    finite = np.isfinite(embeddings).all(axis=1)
    if not finite.all():
        got = f"NaN or infinity on {np.count_nonzero(~finite)} of {len(finite)} samples"
        raise HeadError("head of the network", expected="finite numbers before its last layer", got=got)
    return embeddings
