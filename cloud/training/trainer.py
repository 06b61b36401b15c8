"""One trial: a function of values that trains a head, run in a process of its own. Pure Keras, on any backend.

It fits the last layer on embeddings; fine-tunes the body, where the specification says so; and calibrates the head by
cross-validation and the held-out samples.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import keras
import numpy as np

from cloud.errors import Diverged, NoAccelerator
from cloud.training.executors.arrays import Collect, Floats, Integers, collect_in_memory
from cloud.training.executors.executor import NO_DEVICE, VISIBLE_DEVICES, Operations
from cloud.training.executors.task_data import TaskData
from cloud.training.fine_tune import fine_tune
from cloud.training.heads import embed_features, load_head
from cloud.training.trials import FineTuning, Spec, TrialResult
from cloud.training.values import TRAIN, TrialAnswers, TrialInputs, TrialOutcome
from cloud.training.weights import HeadWeights
from contract.callbacks import Progress, ignore
from contract.documents import Json
from export.heads.calibrate import FEWEST_CLASSES, calibrate_by, default_calibration, negative_log_likelihood
from export.heads.calibration import Calibration
from export.heads.fit import Recipe, fit_classifier
from export.heads.folds import CrossValidated, cross_validate


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A trained head, and the embeddings (n, d) of all rows through its own body."""

    weights: HeadWeights
    embeddings: Floats

    def logits(self, rows: slice) -> Floats:
        logits: Floats = self.embeddings[rows] @ self.weights.kernel + self.weights.bias
        return logits


def operations() -> Operations:
    """Return what a trainer's process can do."""
    return Operations({TRAIN: _train_operation})


def train(
    inputs: TrialInputs, spec: Spec, *, progress: Progress = ignore, collect: Collect = collect_in_memory
) -> TrialOutcome:
    """Run one trial.

    Raises:
        Diverged: the weights, or what they answer, are not finite.
    """
    began = time.monotonic()
    fitted = _fit(inputs, spec, progress, collect)
    if not fitted.weights.is_finite():
        raise Diverged(f"trial {spec.name}: expected finite weights, got NaN or infinity")
    logits, labels = fitted.logits(inputs.held_out), inputs.labels[inputs.held_out]
    if not np.isfinite(logits).all():
        raise Diverged(f"trial {spec.name}: expected finite logits of held-out samples, got NaN or infinity")
    folds = _cross_validate(inputs, fitted.embeddings, spec, progress)
    held_out = logits, labels
    calibration = calibrate_by(folds, held_out=held_out) if folds else default_calibration(inputs.classes)
    answers = _answers(logits, folds)
    result = TrialResult(
        name=spec.name,
        fine_tuned=spec.fine_tuning is not None,
        held_out=len(labels),
        right=int((answers.held_out == labels).sum()),
        loss=_loss(logits, labels, calibration),
        calibration=calibration,
        seconds=time.monotonic() - began,
    )
    return TrialOutcome(result, fitted.weights, answers)


def _fit(inputs: TrialInputs, spec: Spec, progress: Progress, collect: Collect) -> _Fitted:
    kernel, bias = fit_classifier(
        inputs.embeddings[inputs.training],
        inputs.labels[inputs.training],
        classes=inputs.classes,
        start=(inputs.best.kernel, inputs.best.bias),
        recipe=_recipe(spec),
        progress=progress,
    )
    weights = replace(inputs.best, kernel=kernel, bias=bias)
    if spec.fine_tuning is None:
        return _Fitted(weights, inputs.embeddings)
    return _fine_tune(inputs, weights, spec.fine_tuning, seed=spec.seed, progress=progress, collect=collect)


def _fine_tune(
    inputs: TrialInputs, weights: HeadWeights, how: FineTuning, *, seed: int, progress: Progress, collect: Collect
) -> _Fitted:
    """Train all of a head whose last layer is fitted."""
    if inputs.deeper is None:
        raise ValueError("inputs: expected features for fine-tuning, got none")
    body, features = load_head(inputs.deeper.head_file, weights).body, inputs.deeper.features
    labels = inputs.labels[inputs.training]
    classifier = weights.kernel, weights.bias
    tuned = fine_tune(body, classifier, features[inputs.training], labels, how=how, seed=seed, progress=progress)
    return _Fitted(tuned, embed_features(body, features, progress=progress, collect=collect))


def _cross_validate(inputs: TrialInputs, embeddings: Floats, spec: Spec, progress: Progress) -> CrossValidated | None:
    """Return None where there are too few classes to leave one out."""
    labels = inputs.labels[inputs.training]
    if len(np.unique(labels)) < FEWEST_CLASSES:
        return None
    return cross_validate(
        embeddings[inputs.training],
        labels,
        classes=inputs.classes,
        recipe=_recipe(spec),
        start=(inputs.best.kernel, inputs.best.bias),
        progress=progress,
    )


def _answers(logits: Floats, folds: CrossValidated | None) -> TrialAnswers:
    if folds is None:
        return TrialAnswers(logits.argmax(axis=1))
    return TrialAnswers(logits.argmax(axis=1), folds.known_samples, folds.known_logits.argmax(axis=1))


def _recipe(spec: Spec) -> Recipe:
    return Recipe(spec.learning_rate, spec.epochs, weight_decay=spec.weight_decay, seed=spec.seed)


def _loss(logits: Floats, labels: Integers, calibration: Calibration) -> float:
    return negative_log_likelihood(logits, labels, calibration.temperature) if len(labels) else 0.0


def _train_operation(
    inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
) -> TaskData:
    _check_accelerator()
    outcome = train(TrialInputs.unpack(inputs), Spec.parse(arguments), progress=progress, collect=collect)
    return outcome.pack()


def _check_accelerator() -> None:
    given = os.environ.get(VISIBLE_DEVICES, NO_DEVICE)
    if given != NO_DEVICE and not keras.distribution.list_devices("gpu"):
        raise NoAccelerator(f"FEDEX_ACCELERATORS: expected CUDA device {given}, got none that Keras can use")
