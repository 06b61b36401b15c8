"""A last layer trained by Keras, on any backend: for what is large, and where an accelerator computes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.callbacks import ignore
from export.heads.batches import Batch, Training
from export.heads.class_means import Classifier, Floats
from export.heads.watch import TrainingWatch

SMALLEST_LIKELIHOOD = 1e-30


def train(training: Training) -> Classifier:
    """Return all columns, trained."""
    network = _network(training)
    recipe = training.recipe

    def at_part(epochs: float, loss: float, trained: keras.Model) -> None:
        training.at_part(epochs, loss, _columns(trained))

    told = ignore if training.at_part is ignore else at_part
    batches = training.batches
    watch = TrainingWatch(steps=len(batches), epochs=batches.epochs, progress=training.progress, at_part=told)
    # with a callback, Keras waits for the results of every execution
    is_watched = training.progress is not ignore or told is not ignore
    network.compile(
        optimizer=keras.optimizers.Adam(batches.rate, weight_decay=recipe.weight_decay or None),
        loss=cross_entropy,
        steps_per_execution=training.steps_at_once,
        jit_compile="auto" if keras.backend.backend() == "jax" else False,  # XLA compiles longer than a small fit runs
    )
    callbacks = [watch] if is_watched else []
    # one Keras epoch costs more than a whole small fit
    network.fit(_KerasBatches(training), epochs=1, shuffle=False, verbose=0, callbacks=callbacks)
    return _columns(network)


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


def _columns(network: keras.Model) -> Classifier:
    kernel, bias = (np.asarray(part, np.float32) for part in network.get_weights())
    return kernel, bias


def _network(training: Training) -> keras.Model:
    (kernel, bias), heads, still = training.begin, training.heads, training.still
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

    def __init__(self, begin: Floats, still: NDArray[np.bool_]) -> None:
        self._begin, self._still = keras.ops.convert_to_tensor(begin), keras.ops.convert_to_tensor(still)

    def __call__(self, w: Any) -> Any:
        now = keras.ops.convert_to_tensor(w)  # JAX takes a variable for a constant, whose value is not there in a step
        return keras.ops.where(self._still, self._begin, now)


class _KerasBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """The batches of a training, as Keras takes them."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._batches = training.batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        return self._batches[index]
