"""One trial: a function of values that trains a head, run in a process of its own. On any backend of Keras.

It fits the last layer on embeddings; fine-tunes the body, where the specification says so; and calibrates the head by
cross-validation and the held-out samples. A body that was fine-tuned has seen what a cross-validation of its last layer
would leave out, so it is fine-tuned twice: once without some people and photos, to calibrate by those, and once with
all.

A small last layer trains without Keras (`export.heads.fit`), which a process on the processor therefore loads when it
first needs it; where trials compute on something else, they need it all the time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cloud.errors import Diverged, NoAccelerator
from cloud.training.answers import answer_some
from cloud.training.curves import CurveNotes
from cloud.training.executors.arrays import Collect, Floats, Integers, collect_in_memory
from cloud.training.executors.executor import NO_DEVICE, VISIBLE_DEVICES, Operations
from cloud.training.executors.task_data import TaskData
from cloud.training.judges import choose_judges
from cloud.training.trials import FineTuning, Spec, TrialResult
from cloud.training.values import TRAIN, TrialInputs, TrialOutcome
from cloud.training.weights import HeadWeights
from contract.callbacks import Progress, ignore
from contract.documents import Json
from export.heads.calibrate import FEWEST_CLASSES, calibrate_by, default_calibration, negative_log_likelihood
from export.heads.calibration import Calibration
from export.heads.class_means import ABSENT_LOGIT, Classifier
from export.heads.fit import fit_classifier
from export.heads.folds import (
    CrossValidated,
    Scored,
    assign_folds,
    cross_validate,
    evenly,
    hide_alone,
    may_be_strangers,
    most_scored,
)
from export.heads.recipe import Recipe

FOLDS_FOR_BODIES = 3
"""Parts of ten: so many of the people and photos are left out when a body is fine-tuned to be calibrated."""

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A trained head, and the embeddings (n, d) of all rows through its own body."""

    weights: HeadWeights
    embeddings: Floats

    @property
    def classifier(self) -> Classifier:
        return self.weights.kernel, self.weights.bias

    def score(self, rows: Rows, labels: Integers, weights: Floats) -> Scored:
        """Return the logits of some of the rows; with many classes not of all of these."""
        kernel, bias = self.classifier
        chosen = evenly(np.flatnonzero(rows), labels, most_scored(len(bias)))
        return Scored(self.embeddings[chosen] @ kernel + bias, labels[chosen], weights[chosen])


def operations() -> Operations:
    """Return what a trainer's process can do."""
    if _device() != NO_DEVICE:
        import keras  # noqa: F401  # now, while data is prepared
    return Operations({TRAIN: _train_operation}, rest=_rest)


def train(
    inputs: TrialInputs, spec: Spec, *, progress: Progress = ignore, collect: Collect = collect_in_memory
) -> TrialOutcome:
    """Run one trial.

    Raises:
        Diverged: the weights, or what they answer, are not finite.
    """
    began = time.monotonic()
    validated = _validate(inputs, spec, progress, collect)
    notes = CurveNotes(inputs.embeddings, inputs.labels, inputs.held_out, classes=inputs.classes)
    fitted = _fit(inputs, spec, inputs.training, progress, collect, notes)
    if not fitted.weights.is_finite():
        raise Diverged(f"trial {spec.name}: expected finite weights, got NaN or infinity")
    scored = fitted.score(inputs.held_out, inputs.labels, inputs.weights)
    if not np.isfinite(scored.logits).all():
        raise Diverged(f"trial {spec.name}: expected finite logits of held-out samples, got NaN or infinity")
    calibration = calibrate_by(validated, held_out=scored) if validated else default_calibration(inputs.classes)
    judges = choose_judges(inputs.labels, counting=inputs.weights > 0, trained=inputs.trained, classes=inputs.classes)
    answers = answer_some(
        fitted.embeddings, judges, fitted.classifier, temperature=calibration.temperature, progress=progress
    )
    result = TrialResult(
        name=spec.name,
        fine_tuned=spec.fine_tuning is not None,
        held_out=int(inputs.held_out.sum()),
        right=int((answers.classes == inputs.labels)[inputs.held_out].sum()),
        loss=_loss(scored, calibration),
        calibration=calibration,
        seconds=time.monotonic() - began,
    )
    return TrialOutcome(result, fitted.weights, answers, notes.curve(right=result.accuracy))


def _fit(
    inputs: TrialInputs,
    spec: Spec,
    rows: Rows,
    progress: Progress,
    collect: Collect,
    notes: CurveNotes | None = None,
) -> _Fitted:
    """Fit a head to some of the rows, and note how that goes."""
    kernel, bias = fit_classifier(
        inputs.embeddings[: inputs.trained],
        inputs.labels[: inputs.trained],
        classes=inputs.classes,
        weights=np.where(rows, inputs.weights, 0)[: inputs.trained].astype(np.float32),
        start=inputs.earlier,
        recipe=_recipe(spec),
        progress=progress,
        at_point=notes.last_layer if notes else ignore,
    )
    weights = replace(inputs.best, kernel=kernel, bias=bias)
    if spec.fine_tuning is None:
        return _Fitted(weights, inputs.embeddings)
    return _fine_tune(
        inputs,
        weights,
        spec.fine_tuning,
        rows,
        seed=spec.seed,
        progress=progress,
        collect=collect,
        at_point=notes.body if notes else ignore,
    )


def _fine_tune(
    inputs: TrialInputs,
    weights: HeadWeights,
    how: FineTuning,
    rows: Rows,
    *,
    seed: int,
    progress: Progress,
    collect: Collect,
    at_point: Callable[[float, float], None],
) -> _Fitted:
    """Train all of a head whose last layer is fitted."""
    from cloud.training.fine_tune import fine_tune  # here, for they load Keras
    from cloud.training.heads import embed_features, load_head

    if inputs.deeper is None:
        raise ValueError("inputs: expected features for fine-tuning, got none")
    body, features = load_head(inputs.deeper.head_file, weights).body, inputs.deeper.features
    counts = np.where(rows, inputs.weights, 0).astype(np.float32)
    classifier = weights.kernel, weights.bias
    tuned = fine_tune(
        body, classifier, features, inputs.labels, counts, how=how, seed=seed, progress=progress, at_point=at_point
    )
    return _Fitted(tuned, embed_features(body, features, progress=progress, collect=collect))


def _validate(inputs: TrialInputs, spec: Spec, progress: Progress, collect: Collect) -> CrossValidated | None:
    """Return None where there are too few classes to leave one out."""
    labels = inputs.labels[inputs.training]
    if len(np.unique(labels)) < FEWEST_CLASSES:
        return None
    if spec.fine_tuning is not None:
        return _validate_fine_tuned(inputs, spec, progress, collect)
    return cross_validate(
        inputs.embeddings[: inputs.trained],
        inputs.labels[: inputs.trained],
        classes=inputs.classes,
        recipe=_recipe(spec),
        weights=inputs.weights[: inputs.trained],
        moments=inputs.moments[: inputs.trained],
        vouched=inputs.vouched[: inputs.trained],
        start=inputs.earlier,
        progress=progress,
    )


def _validate_fine_tuned(inputs: TrialInputs, spec: Spec, progress: Progress, collect: Collect) -> CrossValidated:
    """Leave out people and photos once, for the body, too."""
    rows = np.flatnonzero(inputs.training)
    folds = assign_folds(inputs.labels[rows], folds=FOLDS_FOR_BODIES, seed=spec.seed, moments=inputs.moments[rows])
    parts = folds.together()
    members, left_out, strangers = (np.isin(np.arange(len(inputs.labels)), rows[part]) for part in parts)
    left_out &= np.isin(inputs.labels, inputs.labels[members])
    absent = np.setdiff1d(inputs.labels[strangers], inputs.labels[members])
    strangers &= may_be_strangers(inputs.labels, strangers, inputs.vouched)
    fitted = _fit(inputs, spec, members, progress, collect)
    known, others = (fitted.score(part, inputs.labels, inputs.weights) for part in (left_out, strangers))
    for answers in (known, others):
        answers.logits[:, absent] = ABSENT_LOGIT
    hide_alone([others], inputs.labels, inputs.training, inputs.vouched)
    return CrossValidated(known, np.ones(len(known.labels), np.float32), others)


def _recipe(spec: Spec) -> Recipe:
    return Recipe(spec.learning_rate, spec.epochs, weight_decay=spec.weight_decay, seed=spec.seed)


def _loss(held_out: Scored, calibration: Calibration) -> float:
    if not len(held_out.labels):
        return 0.0
    return negative_log_likelihood(held_out.logits, held_out.labels, calibration.temperature)


def _train_operation(
    inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
) -> TaskData:
    _check_accelerator()
    outcome = train(TrialInputs.unpack(inputs), Spec.parse(arguments), progress=progress, collect=collect)
    return outcome.pack()


def _rest() -> None:
    """Let Keras forget what it knows of networks that are gone, where it was loaded."""
    if "keras" in sys.modules:
        import keras

        keras.utils.clear_session()


def _check_accelerator() -> None:
    if _device() == NO_DEVICE:
        return
    import keras

    if not keras.distribution.list_devices("gpu"):
        raise NoAccelerator(f"FEDEX_ACCELERATORS: expected CUDA device {_device()}, got none that Keras can use")


def _device() -> str:
    return os.environ.get(VISIBLE_DEVICES, NO_DEVICE)
