"""The last-layer recipe: how a classifier is trained on embeddings.

A classifier begins at the class means and is trained with softmax and Adam on embeddings of a frozen body. Several
classifiers over the same embeddings, such as the folds of a cross-validation, train as one, side by side:

    embeddings (b, d)  x  kernel (d, heads * classes)  ->  logits (b, heads, classes)

Columns are scaled for logits of some `START_LENGTH` at the start. A start from another classifier is scaled alike, all
columns by one factor: it gives the same answers, but training it again and again does not make it ever more confident.
Adam sees embeddings at the mean length `START_LENGTH`, for its steps do not grow with them; its kernel is scaled back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore

START_LENGTH = 16.0
"""The logit of an embedding that points exactly at its class mean, before training."""
ABSENT_LOGIT = -1e9
"""What a classifier says of a class that does not exist for it; only ever inside a cross-validation."""
SMALLEST_BATCH, LARGEST_BATCH = 16, 2048
STEPS_PER_EXECUTION = 16
SMALLEST_LIKELIHOOD = 1e-30

Floats = NDArray[np.float32]
Labels = NDArray[np.integer[Any]]
Members = NDArray[np.bool_]
Classifier = tuple[Floats, Floats]
"""A kernel (d, classes) and a bias (classes,)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a classifier is trained."""

    learning_rate: float = 1e-3
    epochs: int = 50
    batch_size: int | None = None
    """Without one, it grows with the number of samples."""
    weight_decay: float = 0.0
    seed: int = 0

    def batch_for(self, samples: int) -> int:
        """Return the batch size: a quarter of the samples, as a power of two between 16 and 2048, unless it is given.

        So the smallest problems, too, take some hundred steps, and the largest ones are a matter of multiplying.
        """
        if self.batch_size is not None:
            return self.batch_size
        quarter = 1 << max(samples // 4, 1).bit_length() - 1
        return min(max(quarter, SMALLEST_BATCH), LARGEST_BATCH)


def fit_classifier(
    embeddings: Floats,
    labels: Labels,
    *,
    classes: int,
    start: Classifier | None = None,
    recipe: Recipe = Recipe(),
    progress: Progress = ignore,
) -> Classifier:
    """Train a classifier (kernel (d, classes), bias (classes,)) on embeddings (n, d), which may be memory-mapped.

    `start` may have fewer columns than `classes`: columns it lacks begin at their class mean. A class without samples
    keeps its column as it starts; if it has none to start from, it is never the answer. `labels` are indices below
    `classes`, which is not checked.
    """
    if len(embeddings) == 0:
        return _start(embeddings, labels, classes, start)
    everything = np.ones((1, len(labels)), bool)
    begin = _start(embeddings, labels, classes, start)
    still = np.bincount(labels, minlength=classes) == 0
    kernel, bias = _train(embeddings, labels, everything, begin=begin, still=still, recipe=recipe, progress=progress)
    return kernel, bias


def fit_folds(
    embeddings: Floats,
    labels: Labels,
    members: Members,
    *,
    classes: int,
    start: Classifier | None = None,
    recipe: Recipe = Recipe(),
    progress: Progress = ignore,
) -> list[Classifier]:
    """Train one classifier for each row of `members` (folds, n), on that row's samples alone, all at once.

    They begin at the class means, for `start` may have seen what a fold leaves out; only classes without any sample
    have their columns from it, and keep them. A class of which a fold has no sample has the logit `ABSENT_LOGIT` there.
    """
    whole = _start(embeddings, labels, classes, start)
    still = np.bincount(labels, minlength=classes) == 0
    starts = [_fold_start(embeddings[row], labels[row], whole, still) for row in members]
    begin = np.concatenate([kernel for kernel, _ in starts], 1), np.concatenate([bias for _, bias in starts])
    folds = len(members)
    kernel, bias = _train(
        embeddings, labels, members, begin=begin, still=np.tile(still, folds), recipe=recipe, progress=progress
    )
    return list(zip(np.split(kernel, folds, axis=1), np.split(bias, folds), strict=True))


def class_mean_classifier(embeddings: Floats, labels: Labels, classes: int) -> Classifier:
    """Return cosine to the class means as a classifier: unit means scaled to logits of `START_LENGTH`, no bias.

    A class without samples gets a zero column, with a bias below the other logits.
    """
    kernel, present = _class_means(embeddings, labels, classes)
    return kernel, np.where(present, 0.0, -START_LENGTH).astype(np.float32)


def unit_vectors(vectors: Floats) -> Floats:
    """Return vectors (n, d) at length 1, however short they are; one of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = vectors / np.where(lengths > 0, lengths, 1)
    return units


def _class_means(embeddings: Floats, labels: Labels, classes: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return scaled means as columns (d, classes), and which classes have samples; the other columns are zero."""
    kernel = np.zeros((embeddings.shape[1], classes), np.float32)
    present, first = np.unique(np.sort(labels), return_index=True)
    if len(present):
        sums = np.add.reduceat(embeddings[np.argsort(labels, kind="stable")], first, axis=0)
        kernel[:, present] = unit_vectors(sums).T
    return kernel * np.float32(_scale(embeddings)), np.isin(np.arange(classes), present)


def _scale(embeddings: Floats) -> float:
    """Return the length of a column that gives logits of `START_LENGTH` on embeddings of this mean length."""
    length = float(np.linalg.norm(embeddings, axis=1).mean()) if len(embeddings) else START_LENGTH
    return START_LENGTH / (length or START_LENGTH)


def _start(embeddings: Floats, labels: Labels, classes: int, start: Classifier | None) -> Classifier:
    kernel, bias = class_mean_classifier(embeddings, labels, classes)
    if start is not None and start[0].shape[1]:
        known = start[0].shape[1]
        factor = _scale(embeddings) / (float(np.linalg.norm(start[0], axis=0).mean()) or 1.0)
        kernel[:, :known], bias[:known] = start[0] * factor, start[1] * factor
    return kernel, bias


def _fold_start(embeddings: Floats, labels: Labels, whole: Classifier, still: NDArray[np.bool_]) -> Classifier:
    kernel, present = _class_means(embeddings, labels, len(still))
    kernel[:, still] = whole[0][:, still]
    return kernel, np.where(still, whole[1], np.where(present, 0.0, ABSENT_LOGIT)).astype(np.float32)


def _train(
    embeddings: Floats,
    labels: Labels,
    members: Members,
    *,
    begin: Classifier,
    still: NDArray[np.bool_],
    recipe: Recipe,
    progress: Progress,
) -> Classifier:
    scale = np.float32(_scale(embeddings))
    batches = _EmbeddingBatches(embeddings, labels, members, recipe, scale=scale)
    network, dense = _network((begin[0] / scale, begin[1]), heads=len(members), still=still)
    network.compile(
        optimizer=keras.optimizers.Adam(recipe.learning_rate, weight_decay=recipe.weight_decay or None),
        loss=cross_entropy,
        steps_per_execution=min(STEPS_PER_EXECUTION, len(batches)),
        jit_compile="auto" if keras.backend.backend() == "jax" else False,  # XLA compiles longer than a small fit runs
    )
    network.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=_callbacks(progress, len(batches)))
    kernel, bias = (np.asarray(weight, np.float32) for weight in dense.get_weights())
    return np.where(still, begin[0], kernel * scale), bias


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


def _network(begin: Classifier, *, heads: int, still: NDArray[np.bool_]) -> tuple[keras.Model, Any]:
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
    return network, dense


class _Still(keras.constraints.Constraint):  # type: ignore[misc]  # Keras ships no types
    """Keeps the columns of classes without samples where they started."""

    def __init__(self, begin: Floats, still: Any) -> None:
        self._begin, self._still = keras.ops.convert_to_tensor(begin), keras.ops.convert_to_tensor(still)

    def __call__(self, w: Any) -> Any:
        return keras.ops.where(self._still, self._begin, w)


class _EmbeddingBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """All epochs as one run of equal batches: one Keras epoch costs more than a whole small fit."""

    def __init__(
        self, embeddings: Floats, labels: Labels, members: Members, recipe: Recipe, *, scale: np.float32
    ) -> None:
        super().__init__()
        self._scale = scale
        self._embeddings, self._labels, self._members = embeddings, labels.astype(np.int32), members
        self._rows = np.flatnonzero(members.any(axis=0))
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
        weights = self._members[:, rows].T.astype(np.float32)
        return self._embeddings[rows] * self._scale, np.broadcast_to(self._labels[rows, None], weights.shape), weights

    def _order(self, epoch: int) -> NDArray[np.intp]:
        return np.random.default_rng((self._seed, epoch)).permutation(self._rows)


def _callbacks(progress: Progress, steps: int) -> list[keras.callbacks.Callback]:
    if progress is ignore:
        return []  # with a callback, Keras waits for the results of every batch
    return [keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: progress(min(step + 1, steps), steps))]
