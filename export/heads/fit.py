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
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads.class_means import ABSENT_LOGIT, Classifier, Floats, Frame, Labels, Samples, begin
from export.heads.recipe import STATED_RECIPE, Recipe
from export.heads.watch import TrainingWatch, steps_of_part

STEPS_PER_EXECUTION = 16
SMALLEST_LIKELIHOOD = 1e-30

Members = NDArray[np.bool_]
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
    frame = Frame.of(samples.counted(counted))
    starts = [
        begin(samples.counted(row), frame, classes=classes, everybody=everybody, earlier=start) for row in members
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
    together = np.concatenate([kernel for kernel, _ in inside], axis=1), np.concatenate([bias for _, bias in inside])
    network = _network(together, heads=len(members), still=np.tile(~everybody, len(members)))
    batches = _EmbeddingBatches(samples, members, frame, recipe)
    steps = len(batches)

    def classifiers(trained: keras.Model) -> list[Classifier]:
        parts = (np.split(np.asarray(part, np.float32), len(members), axis=-1) for part in trained.get_weights())
        return [
            _keep(start, frame.classifier(*own), everybody)
            for start, own in zip(starts, zip(*parts, strict=True), strict=True)
        ]

    def at_part(epochs: float, loss: float, trained: keras.Model) -> None:
        at_point(epochs, loss, classifiers(trained)[0])

    told = ignore if at_point is ignore else at_part
    watch = TrainingWatch(steps=steps, epochs=recipe.epochs, progress=progress, at_part=told)
    # with a callback, Keras waits for the results of every execution
    is_watched = progress is not ignore or told is not ignore
    at_once = steps if told is ignore else steps_of_part(steps, epochs=recipe.epochs)
    network.compile(
        optimizer=keras.optimizers.Adam(recipe.learning_rate, weight_decay=recipe.weight_decay or None),
        loss=cross_entropy,
        steps_per_execution=min(STEPS_PER_EXECUTION, at_once),
        jit_compile="auto" if keras.backend.backend() == "jax" else False,  # XLA compiles longer than a small fit runs
    )
    network.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=[watch] if is_watched else [])
    return classifiers(network)


def _keep(start: Classifier, trained: Classifier, everybody: NDArray[np.bool_]) -> Classifier:
    """Return the trained classifier, with what has no samples to the bit as it began."""
    absent = start[1] == ABSENT_LOGIT
    kernel, bias = np.where(everybody, trained[0], start[0]), np.where(everybody & ~absent, trained[1], start[1])
    return kernel, bias


def cross_entropy(labels: Any, logits: Any) -> Any:
    """Return the cross-entropy (...,) of labels (...,) and logits (..., classes), with its gradient, softmax - one-hot.

    TensorFlow's own takes as long as a matrix product on a processor, and this a quarter of that.
    """
    places = keras.ops.expand_dims(keras.ops.cast(labels, "int32"), -1)

    @keras.ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras ships no types
    def of_logits(logits: Any) -> Any:
        likelihoods = keras.ops.softmax(logits)
        true = keras.ops.take_along_axis(likelihoods, places, -1)

        def gradient(*values: Any, upstream: Any = None) -> Any:
            upstream = values[0] if upstream is None else upstream
            one_hot = keras.ops.one_hot(keras.ops.squeeze(places, -1), logits.shape[-1])
            return keras.ops.expand_dims(upstream, -1) * (likelihoods - one_hot)

        return -keras.ops.squeeze(keras.ops.log(true + SMALLEST_LIKELIHOOD), -1), gradient

    return of_logits(logits)


def _network(begin: Classifier, *, heads: int, still: NDArray[np.bool_]) -> keras.Model:
    kernel, bias = begin
    keep = bool(still.any())
    dense = keras.layers.Dense(
        kernel.shape[1],
        kernel_constraint=_Still(kernel, still) if keep else None,
        bias_constraint=_Still(bias, still) if keep else None,
    )
    sides = keras.layers.Reshape((heads, kernel.shape[1] // heads))
    network = keras.Sequential([keras.Input(kernel.shape[:1]), dense, sides])
    dense.set_weights([kernel, bias])
    return network


class _Still(keras.constraints.Constraint):  # type: ignore[misc]  # Keras ships no types
    """Keeps the columns of classes without samples where they started."""

    def __init__(self, begin: Floats, still: Any) -> None:
        self._begin, self._still = keras.ops.convert_to_tensor(begin), keras.ops.convert_to_tensor(still)

    def __call__(self, w: Any) -> Any:
        return keras.ops.where(self._still, self._begin, w)


class _EmbeddingBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """All epochs as one run of equal batches: one Keras epoch costs more than a whole small fit."""

    def __init__(self, samples: Samples, members: Members, frame: Frame, recipe: Recipe) -> None:
        super().__init__()
        self._samples, self._members, self._frame = samples, members, frame
        self._rows = np.flatnonzero(members.any(axis=0))
        self._weights = samples.weights / samples.weights[self._rows].mean()
        self._batch = min(recipe.batch_for(len(self._rows)), len(self._rows))
        self._steps = -(-len(self._rows) * recipe.epochs // self._batch)
        self._seed = recipe.seed

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[Floats, NDArray[np.int32], Floats]:
        epoch, place = divmod(index * self._batch, len(self._rows))
        rows = self._order(epoch)[place : place + self._batch]
        if len(rows) < self._batch:
            rows = np.concatenate([rows, self._order(epoch + 1)[: self._batch - len(rows)]])
        weights = (self._members[:, rows].T * self._weights[rows, np.newaxis]).astype(np.float32)
        labels = self._samples.labels[rows, np.newaxis].astype(np.int32)
        embeddings = (self._samples.embeddings[rows] - self._frame.centre) * np.float32(self._frame.scale)
        return embeddings, np.broadcast_to(labels, weights.shape), weights

    def _order(self, epoch: int) -> NDArray[np.intp]:
        return np.random.default_rng((self._seed, epoch)).permutation(self._rows)


def _ones(labels: Labels) -> Floats:
    return np.ones(len(labels), np.float32)
