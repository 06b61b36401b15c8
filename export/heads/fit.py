"""The last-layer recipe: how a classifier is trained on embeddings.

A classifier begins at the class means (`export.heads.class_means`) and may be trained further, with softmax and Adam,
on embeddings of a frozen body. Several classifiers over the same embeddings, such as the folds of a cross-validation,
train as one, side by side:

    embeddings (b, d)  x  kernel (d, heads * classes)  ->  logits (b, heads, classes)

Every class with samples begins at its mean, whatever an earlier classifier had learnt of it: a cross-validation can
begin nowhere else, and only so does it tell how sure the classifier will be. Adam sees embeddings from their centre, at
the mean length `START_LENGTH`, for its steps do not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads import adam
from export.heads.batches import EmbeddingBatches, Members, Training
from export.heads.class_means import ABSENT_LOGIT, Classifier, ClassMeans, Floats, Frame, Labels, Samples, begin
from export.heads.recipe import STATED_RECIPE, Recipe

MOST_PRODUCTS_IN_NUMPY = 1 << 36

AtPoint = Callable[[float, float, Classifier], None]
"""Is told the epochs so far, the mean loss since it was told last, and the classifier as it is now."""


def fit_classifier(
    embeddings: Floats,
    labels: Labels,
    *,
    classes: int,
    weights: Floats | None = None,
    start: Classifier | None = None,
    recipe: Recipe = STATED_RECIPE,
    progress: Progress = ignore,
    at_point: AtPoint = ignore,
) -> Classifier:
    """Train a classifier (kernel (d, classes), bias (classes,)) on embeddings (n, d), which may be memory-mapped.

    Args:
        embeddings: (n, d).
        labels: (n,), indices below `classes`, which is not checked where the weight is 0.
        classes: how many there are. A class without samples keeps its column of `start`; without one, it is never the
            answer.
        weights: (n,) of the samples, not negative; 1 each by default.
        start: an earlier classifier; it may have fewer columns.
        recipe: how to train.
        progress: called after each step.
        at_point: called after each epoch, or tenth of fewer epochs.
    """
    [classifier] = _fit(
        Samples(embeddings, labels, _ones(labels) if weights is None else weights),
        np.ones((1, len(labels)), bool),
        classes=classes,
        start=start,
        recipe=recipe,
        progress=progress,
        at_point=at_point,
    )
    return classifier


def fit_folds(
    embeddings: Floats,
    labels: Labels,
    members: Members,
    *,
    classes: int,
    weights: Floats | None = None,
    start: Classifier | None = None,
    recipe: Recipe = STATED_RECIPE,
    progress: Progress = ignore,
) -> list[Classifier]:
    """Train one classifier for each row of `members` (folds, n), on that row's samples alone, all at once.

    Classes that no fold has a sample of are as `fit_classifier` has them. A class of which one fold has no sample has
    the logit `ABSENT_LOGIT` there.
    """
    return _fit(
        Samples(embeddings, labels, _ones(labels) if weights is None else weights),
        members,
        classes=classes,
        start=start,
        recipe=recipe,
        progress=progress,
        at_point=ignore,
    )


def _fit(
    samples: Samples,
    members: Members,
    *,
    classes: int,
    start: Classifier | None,
    recipe: Recipe,
    progress: Progress,
    at_point: AtPoint,
) -> list[Classifier]:
    """Train one classifier for each row of `members`; `at_point` is told of the first."""
    counted = samples.weights > 0
    members, everybody = members & counted, np.isin(np.arange(classes), samples.labels[counted])
    whole = samples.counted(counted)
    means = ClassMeans.of(whole)
    frame = Frame.of(whole, means)
    starts = [
        begin(
            means if row.sum() == len(whole) else ClassMeans.of(samples.counted(row)),
            frame,
            classes=classes,
            everybody=everybody,
            earlier=start,
        )
        for row in members
    ]
    if recipe.epochs == 0 or not members.any():
        return starts
    return _train(
        samples,
        members,
        frame,
        starts=starts,
        everybody=everybody,
        recipe=recipe,
        progress=progress,
        at_point=at_point,
    )


def _train(
    samples: Samples,
    members: Members,
    frame: Frame,
    *,
    starts: list[Classifier],
    everybody: NDArray[np.bool_],
    recipe: Recipe,
    progress: Progress,
    at_point: AtPoint,
) -> list[Classifier]:
    inside = [frame.inside(classifier) for classifier in starts]

    def classifiers(together: Classifier) -> list[Classifier]:
        parts = (np.split(part, len(members), axis=-1) for part in together)
        return [
            _keep(start, frame.classifier(*own), everybody)
            for start, own in zip(starts, zip(*parts, strict=True), strict=True)
        ]

    training = Training(
        batches=EmbeddingBatches(samples, members, frame, recipe),
        begin=(np.concatenate([kernel for kernel, _ in inside], axis=1), np.concatenate([bias for _, bias in inside])),
        heads=len(members),
        still=np.tile(~everybody, len(members)),
        recipe=recipe,
        progress=progress,
        at_part=ignore
        if at_point is ignore
        else lambda epochs, loss, together: at_point(epochs, loss, classifiers(together)[0]),
    )
    return classifiers(_carry_out(training))


def _carry_out(training: Training) -> Classifier:
    """Train in numpy what is over there before Keras would have begun, whatever Keras computes on."""
    if training.products <= MOST_PRODUCTS_IN_NUMPY:
        return adam.train(training)
    from export.heads import keras_training  # here, for it takes seconds to load

    return keras_training.train(training)


def _keep(start: Classifier, trained: Classifier, everybody: NDArray[np.bool_]) -> Classifier:
    """Return the trained classifier, with what has no samples to the bit as it began."""
    absent = start[1] == ABSENT_LOGIT
    kernel, bias = np.where(everybody, trained[0], start[0]), np.where(everybody & ~absent, trained[1], start[1])
    return kernel, bias


def _ones(labels: Labels) -> Floats:
    return np.ones(len(labels), np.float32)
