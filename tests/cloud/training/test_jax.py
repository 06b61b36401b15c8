"""Trials on JAX: the head that TensorFlow would have trained, to the same accuracy."""

import importlib.util
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from cloud.settings import Backend
from cloud.training.executors.executor import Limits, Task
from cloud.training.executors.local import LocalExecutor
from cloud.training.trials import LAST_LAYER, FineTuning, Optimizer, Spec
from cloud.training.values import TRAIN, TrialInputs, TrialOutcome
from export.keras_environment import keras_environment
from tests.cloud.training.conftest import BASE_PEOPLE, SyntheticRows, convolutional_head
from tests.conftest import missing

TRAINER = "tests.cloud.training.keras_trainer"
SPECS = (Spec(LAST_LAYER, epochs=20), Spec("fine-tuned", epochs=20, fine_tuning=FineTuning(Optimizer.ADAM, 1e-4)))
TrainOn = Callable[[Backend, TrialInputs], list[TrialOutcome]]


@pytest.fixture
def train_on(tmp_path: Path) -> Iterator[TrainOn]:
    """Return what trains on a backend, in a process of its own."""
    if importlib.util.find_spec(Backend.JAX) is None:
        missing("jax (install the extra `jax`)")
    executors: list[LocalExecutor] = []

    def train(backend: Backend, inputs: TrialInputs) -> list[TrialOutcome]:
        limits, stop = Limits(600.0, 600.0), threading.Event()
        environment = keras_environment(os.environ, backend=backend)
        folder = tmp_path / backend
        executors.append(LocalExecutor(TRAINER, folder, limits, (), 1, stop, environment=environment))
        outcomes = executors[-1].run([Task(spec.name, TRAIN, spec.document()) for spec in SPECS], inputs.pack())
        assert [outcome.summary for outcome in outcomes] == ["done", "done"]
        return [TrialOutcome.unpack(outcome.result) for outcome in outcomes if outcome.result]

    yield train
    for executor in executors:
        executor.close()


def test_jax_trains_the_head_that_tensorflow_does(make_rows: Callable[..., SyntheticRows], train_on: TrainOn) -> None:
    """Both take the same batches in the same order, and differ by rounding: weights of some 1 by less than a 10,000th.

    A fit that leaves out people, whose classes stand still meanwhile, once failed on JAX with "'NoneType' object is not
    callable".
    """
    keras.utils.set_random_seed(0)
    inputs = make_rows(convolutional_head(BASE_PEOPLE)).for_trials()
    for ours, theirs in zip(train_on(Backend.TENSORFLOW, inputs), train_on(Backend.JAX, inputs), strict=True):
        assert theirs.result.accuracy == ours.result.accuracy
        assert theirs.result.calibration.threshold == pytest.approx(ours.result.calibration.threshold, abs=1e-3)
        assert theirs.result.loss == pytest.approx(ours.result.loss, abs=1e-4)
        np.testing.assert_array_equal(theirs.answers.classes, ours.answers.classes)
        arrays, expected = theirs.weights.arrays(), ours.weights.arrays()
        assert [name for name in expected if not np.allclose(arrays[name], expected[name], rtol=0, atol=1e-4)] == []
