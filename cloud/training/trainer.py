"""One trial, in a process of its own: the only home of what a trial does. Pure Keras, on whatever backend is set.

It fits the last layer on embeddings that the workshop has made; thaws the body, where the trial says so; calibrates the
head by cross-validation and the held-out samples; and leaves weights and answers in the cycle's folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from cloud.training.cycle_folder import CycleFolder, Rows, TrialAnswers
from cloud.training.executors.process import NO_DEVICE, VISIBLE_DEVICES
from cloud.training.executors.process_main import Tell, serve
from cloud.training.fine_tune import thaw
from cloud.training.heads import embed, open_head
from cloud.training.trials import Spec, TrialResult
from cloud.training.weights import HeadWeights
from export.calibrate import ACCEPT_ALL, FEWEST_CLASSES, Calibration, calibrate_by, negative_log_likelihood
from export.fit import Recipe, fit_classifier
from export.folds import CrossValidated, cross_validate

Floats = NDArray[np.float32]


class Diverged(ArithmeticError):
    """Training ended in numbers that are none."""


class NoAccelerator(RuntimeError):
    """Keras cannot use the device that this process was given; it would train on the processor without a word."""


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A trained head, and the embeddings (n, d) of all rows through its own body."""

    weights: HeadWeights
    embeddings: Floats

    def logits(self, rows: slice) -> Floats:
        logits: Floats = self.embeddings[rows] @ self.weights.kernel + self.weights.bias
        return logits


def main() -> None:
    """Train what the worker asks for."""
    serve({"train": _train_command})


def train(folder: CycleFolder, spec: Spec, *, head_file: Path, tell: Tell) -> TrialResult:
    """Run one trial; weights and answers are in `folder` when it returns.

    Raises:
        Diverged: the weights are not finite.
    """
    began = time.monotonic()
    rows, recipe = folder.rows(), _recipe(spec)
    fitted = _fit(folder, spec, rows, head_file, tell)
    if not fitted.weights.is_finite():
        raise Diverged(f"trial {spec.name}: expected finite weights, got NaN or infinity")
    train, judge = slice(0, rows.trained), slice(rows.trained, None)
    logits, labels = fitted.logits(judge), rows.labels[judge]
    folds = _cross_validate(folder, fitted.embeddings[train], rows, recipe, tell)
    calibration = calibrate_by(folds, held_out=(logits, labels)) if folds else ACCEPT_ALL
    answers = TrialAnswers(logits.argmax(axis=1), *_left_out(folds))
    folder.write_trial(spec.name, fitted.weights, answers)
    return TrialResult(
        name=spec.name,
        thawed=spec.thaw is not None,
        held_out=len(labels),
        right=int((answers.held_out == labels).sum()),
        loss=_loss(logits, labels, calibration),
        calibration=asdict(calibration),
        seconds=time.monotonic() - began,
    )


def _fit(folder: CycleFolder, spec: Spec, rows: Rows, head_file: Path, tell: Tell) -> _Fitted:
    embeddings, labels, best = folder.embeddings(), rows.labels[: rows.trained], folder.best()
    classifier = fit_classifier(
        embeddings[: rows.trained],
        labels,
        classes=rows.classes,
        start=folder.start(),
        recipe=_recipe(spec),
        progress=tell,
    )
    if spec.thaw is None:
        kernel, bias = classifier
        return _Fitted(replace(best, kernel=kernel, bias=bias) if best else HeadWeights(kernel, bias), embeddings)
    body, features = open_head(head_file, best).body, folder.features()
    weights = thaw(body, classifier, features[: rows.trained], labels, how=spec.thaw, seed=spec.seed, tell=tell)
    folder.trial(spec.name).mkdir(exist_ok=True)
    return _Fitted(weights, embed(body, features, into=folder.trial(spec.name) / "embeddings.npy", tell=tell))


def _cross_validate(
    folder: CycleFolder, embeddings: Floats, rows: Rows, recipe: Recipe, tell: Tell
) -> CrossValidated | None:
    """None where there are too few classes to leave one out."""
    labels = rows.labels[: rows.trained]
    if len(np.unique(labels)) < FEWEST_CLASSES:
        return None
    return cross_validate(embeddings, labels, classes=rows.classes, recipe=recipe, start=folder.start(), progress=tell)


def _left_out(folds: CrossValidated | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if folds is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return folds.known_samples, folds.known_logits.argmax(axis=1)


def _recipe(spec: Spec) -> Recipe:
    return Recipe(spec.learning_rate, spec.epochs, weight_decay=spec.weight_decay, seed=spec.seed)


def _loss(logits: Floats, labels: NDArray[np.int64], calibration: Calibration) -> float:
    return negative_log_likelihood(logits, labels, calibration.temperature) if len(labels) else 0.0


def _train_command(arguments: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    _check_accelerator()
    folder, spec = CycleFolder(Path(arguments["folder"])), Spec.parse(arguments["spec"])
    return train(folder, spec, head_file=Path(arguments["head"]), tell=tell).document()


def _check_accelerator() -> None:
    given = os.environ.get(VISIBLE_DEVICES, NO_DEVICE)
    if given != NO_DEVICE and not keras.distribution.list_devices("gpu"):
        raise NoAccelerator(f"FEDEX_ACCELERATORS: expected CUDA device {given}, got none that Keras can use")
