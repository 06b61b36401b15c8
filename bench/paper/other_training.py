"""How fast the same trains by other means: plain Keras `fit`, PyTorch, and FEDEx's own training of a last layer."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from bench.measure.torch_python import run_with_torch
from bench.measure.training import images_a_second, samples
from bench.paper.training_steps import Amount, Rates, load_keras, make_head, random_batch
from bench.timing import seconds
from contract.cuts import CUTS
from export.heads.recipe import Recipe

FEWEST_STEPS = 32
"""Of a last layer's training: it is timed from the 16th on, behind its start."""


def fit_each_with_keras(cuts: Sequence[str], backend: str, amount: Amount) -> list[Rates]:
    """Train the heads of cuts as Keras's tutorials do; only in a process that has not loaded Keras."""
    keras = load_keras(backend)
    return [_fit_with_keras(keras, cut, amount) for cut in cuts]


def _fit_with_keras(keras: Any, cut: str, amount: Amount) -> Rates:
    head = make_head(cut, classes=amount.classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    head.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    few = random_batch(cut, amount)

    def epoch(batches: int) -> float:
        features, labels = (np.concatenate([array] * batches) for array in few)
        return seconds(partial(head.fit, features, labels, batch_size=amount.batch, shuffle=False, verbose=0))

    epoch(2)
    batches = max(1, round(amount.least_s * 2 / epoch(2)))
    return Rates(tuple(batches * amount.batch / epoch(batches) for _ in range(amount.repeats)))


def train_with_torch(cut: str, amount: Amount) -> Rates:
    """Train the same by PyTorch. Raises `bench.measure.torch_python.NoTorch`."""
    what = {
        "width": CUTS[cut].feature_shape[0],
        "classes": amount.classes,
        "batch": amount.batch,
        "repeats": amount.repeats,
        "least_s": amount.least_s,
    }
    done = run_with_torch("bench.paper.torch_training", json.dumps(what))
    return Rates(tuple(done["images_a_second"]), device_name=done["device"])


def fit_as_fedex(backend: str, amount: Amount, *, batch: int | None) -> Rates:
    """Train a last layer as a trial of a cycle does, by batches of this size or its own."""
    load_keras(backend)
    embeddings, labels = samples(amount.classes)
    size = min(Recipe(batch_size=batch).batch_for(len(labels)), len(labels))
    recipe = Recipe(epochs=math.ceil(FEWEST_STEPS * size / len(labels)), batch_size=batch)
    return Rates(tuple(images_a_second(embeddings, labels, recipe=recipe) for _ in range(amount.repeats)))
