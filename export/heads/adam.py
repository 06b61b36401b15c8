"""A last layer trained by numpy: softmax and Adam, step by step as Keras carries them out, without its start.

Keras builds and traces a graph before the first step, which takes longer than all steps of a small classifier. What
comes out differs from `keras_training` by rounding; `tests/export/heads/test_adam.py` bounds by how much.

It computes in one thread. Its products are small: with two threads each one waits for the other, and where the machine
has other work, for most of the time.
"""

from __future__ import annotations

import math

import numpy as np
from threadpoolctl import threadpool_limits

from contract.callbacks import ignore
from export.heads.batches import Batch, Training
from export.heads.class_means import Classifier, Floats
from export.heads.parts import Parts

MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-7
"""Keras's defaults: how much of the gradient's mean and mean square each step keeps, and what is added to its root."""
SMALLEST_LIKELIHOOD = 1e-30


class _Adam:
    """One array that is trained in place."""

    def __init__(self, values: Floats, *, rate: float, weight_decay: float) -> None:
        self.values = values.copy()
        self._rate, self._kept = rate, np.float32(1 - weight_decay * rate)
        self._sum, self._squares = np.zeros_like(values), np.zeros_like(values)
        """Of gradients, older ones decayed: the means times 1 / (1 - decay)."""

    def step(self, gradient: Floats, number: int) -> None:
        """Take step `number`, from 1; the gradient's memory is used."""
        if self._kept != 1:
            self.values *= self._kept
        self._sum *= np.float32(MEAN_DECAY)
        self._sum += gradient
        np.square(gradient, out=gradient)
        self._squares *= np.float32(SQUARE_DECAY)
        self._squares += gradient
        np.sqrt(self._squares, out=gradient)
        gradient += np.float32(EPSILON / math.sqrt(1 - SQUARE_DECAY))
        np.divide(self._sum, gradient, out=gradient)
        unbiased = math.sqrt(1 - SQUARE_DECAY**number) / (1 - MEAN_DECAY**number)
        gradient *= np.float32(self._rate * unbiased * (1 - MEAN_DECAY) / math.sqrt(1 - SQUARE_DECAY))
        self.values -= gradient


def train(training: Training) -> Classifier:
    """Return all columns, trained; numbers that are no longer finite are for the caller to find, as with Keras."""
    with np.errstate(all="ignore"), threadpool_limits(1, user_api="blas"):
        return _train(training)


def _train(training: Training) -> Classifier:
    rates = {"rate": training.batches.rate, "weight_decay": training.recipe.weight_decay}
    kernel, bias = (_Adam(part, **rates) for part in training.begin)
    steps, at_once = len(training.batches), training.steps_at_once
    parts: Parts[Classifier] = Parts(
        steps=steps, epochs=training.batches.epochs, progress=training.progress, at_part=training.at_part
    )
    total = 0.0
    for number in range(1, steps + 1):
        batch = training.batches[number - 1]
        likelihoods = _likelihoods(batch[0], (kernel.values, bias.values), training.heads)
        if training.at_part is not ignore:
            total += _loss(likelihoods, batch)
        of_logits = _gradient(likelihoods, batch)
        kernel.step(batch[0].T @ of_logits, number)
        bias.step(of_logits.sum(axis=0), number)
        _keep_still(training, kernel.values, bias.values)
        if number % at_once == 0 or number == steps:
            mean = total / number
            parts.passed(number, loss=lambda mean=mean: mean, state=lambda: (kernel.values, bias.values))  # type: ignore[misc]  # mypy infers no default
    return kernel.values, bias.values


def _likelihoods(embeddings: Floats, classifier: Classifier, heads: int) -> Floats:
    """Return the softmax (b, heads, classes) of each head."""
    kernel, bias = classifier
    logits = embeddings @ kernel
    logits += bias
    sides: Floats = logits.reshape(len(logits), heads, -1)
    sides -= sides.max(axis=2, keepdims=True)
    np.exp(sides, out=sides)
    sides /= sides.sum(axis=2, keepdims=True)
    return sides


def _loss(likelihoods: Floats, batch: Batch) -> float:
    """Return the mean cross-entropy over samples and heads, weighted."""
    _, labels, weights = batch
    true = np.take_along_axis(likelihoods, labels[..., np.newaxis].astype(np.intp), axis=2)[..., 0]
    return float(np.mean(-np.log(true + np.float32(SMALLEST_LIKELIHOOD)) * weights))


def _gradient(likelihoods: Floats, batch: Batch) -> Floats:
    """Return the gradient (b, heads * classes) of the loss by the logits, in the memory of the likelihoods."""
    _, labels, weights = batch
    likelihoods[np.arange(len(labels))[:, np.newaxis], np.arange(labels.shape[1]), labels] -= 1
    likelihoods *= (weights / np.float32(weights.size))[..., np.newaxis]
    return likelihoods.reshape(len(likelihoods), -1)


def _keep_still(training: Training, kernel: Floats, bias: Floats) -> None:
    if training.still.any():
        kernel[:, training.still], bias[training.still] = (part[..., training.still] for part in training.begin)
