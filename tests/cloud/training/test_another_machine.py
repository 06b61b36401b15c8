"""The operations of a cycle on a machine that shares no disk with the worker: everything travels as bytes."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import keras
import numpy as np
import pytest

import cloud
from cloud.training.context import CONVERTER, TRAINER
from cloud.training.conversion import ConversionInputs, ConversionOutcome
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.executor import Executor, Limits, Task, TaskEnding, TaskOutcome
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.process import Placement
from cloud.training.executors.task_data import TaskData
from cloud.training.trials import LAST_LAYER, FineTuning, Optimizer, Spec
from cloud.training.values import (
    CONVERT,
    EMBED,
    TRAIN,
    EmbeddingOutcome,
    TrialOutcome,
)
from tests.cloud.training.conftest import BASE_PEOPLE, SyntheticRows, convolutional_head

SPECS = (Spec(LAST_LAYER, epochs=20), Spec("fine-tuned", epochs=20, fine_tuning=FineTuning(Optimizer.SGD, 1e-3)))
MACHINE = """
import importlib, json, os, sys
from cloud.training.executors.arrays import collect_in_memory
from cloud.training.executors.task_data import TaskData
from contract.callbacks import ignore

output = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what libraries print must not get between
task = json.loads(sys.stdin.buffer.readline())
inputs = TaskData.decode(sys.stdin.buffer.read())
operation = importlib.import_module(task["module"]).operations().named[task["operation"]]
output.write(operation(inputs, task["arguments"], progress=ignore, collect=collect_in_memory).encode())
"""


@dataclass(frozen=True)
class AnotherMachine:
    """An executor without a shared disk: inputs are sent through a pipe to a process in a folder of its own."""

    module: str
    folder: Path

    def warm_up(self, count: int) -> None:
        """Each process is started when it has a task."""

    def run(self, tasks: Sequence[Task], inputs: TaskData) -> list[TaskOutcome]:
        sent = inputs.encode()
        return [self._run(task, sent) for task in tasks]

    def close(self) -> None:
        """Each process ends with its task."""

    def _run(self, task: Task, inputs: bytes) -> TaskOutcome:
        began = time.monotonic()
        line = json.dumps({"module": self.module, "operation": task.operation, "arguments": task.arguments})
        done = subprocess.run(
            [sys.executable, "-c", MACHINE],
            input=line.encode() + b"\n" + inputs,
            cwd=self.folder,
            env={**os.environ, **Placement(threads=1).environment(), "PYTHONPATH": str(Path(cloud.__path__[0]).parent)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return TaskOutcome(task.name, TaskEnding.DONE, time.monotonic() - began, TaskData.decode(done.stdout))


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the operations of a cycle gave."""

    embedding: EmbeddingOutcome
    trials: tuple[TrialOutcome, ...]
    conversion: ConversionOutcome

    def arrays(self) -> dict[str, np.ndarray]:  # type: ignore[type-arg]  # of any dtype
        """Return every array of every outcome, by its name."""
        packed = {"embedding": self.embedding.pack(), "conversion": self.conversion.pack()}
        packed |= {trial.result.name: trial.pack() for trial in self.trials}
        return {f"{name} {key}": array for name, data in packed.items() for key, array in data.arrays.items()}


def run_operations(rows: SyntheticRows, converter: Executor, trainers: Executor) -> Outcomes:
    """Run what a cycle runs: the conversion is that of the trial that was fine-tuned."""
    embedding = EmbeddingOutcome.unpack(result_of(converter, EMBED, rows.inputs.pack()))
    inputs = rows.for_trials(embedding)
    outcomes = trainers.run([Task(spec.name, TRAIN, spec.document()) for spec in SPECS], inputs.pack())
    trials = tuple(TrialOutcome.unpack(outcome.result) for outcome in outcomes if outcome.result)
    golden = rows.inputs.features[0]
    to_convert = ConversionInputs(rows.inputs.head_file, trials[-1].weights, rows.inputs.features[:32], golden)
    return Outcomes(embedding, trials, ConversionOutcome.unpack(result_of(converter, CONVERT, to_convert.pack())))


def result_of(executor: Executor, operation: str, inputs: TaskData) -> TaskData:
    [outcome] = executor.run([Task(operation, operation, {})], inputs)
    assert outcome.result is not None, outcome.summary
    return outcome.result


@pytest.fixture
def rows(make_rows: Callable[..., SyntheticRows]) -> SyntheticRows:
    """Return rows for a head whose body has weights, in memory."""
    keras.utils.set_random_seed(0)
    return make_rows(convolutional_head(BASE_PEOPLE))


@pytest.fixture
def local_executors(tmp_path: Path) -> Iterator[tuple[CycleFolder, Executor, Executor]]:
    """Yield a cycle's folder, and executors with processes on this machine, of one thread each."""
    folder = CycleFolder(tmp_path / "cycle")
    folder.path.mkdir()
    limits = Limits(deadline_s=600.0, silence_s=600.0)
    converter, trainers = (
        LocalExecutor(module, folder.executor(module), limits, (), cores=1, stop=Event())
        for module in (CONVERTER, TRAINER)
    )
    yield folder, converter, trainers
    converter.close()
    trainers.close()


def in_folder(rows: SyntheticRows, folder: CycleFolder) -> SyntheticRows:
    """Return the rows as a worker has them: their features in a cycle's folder."""
    features = folder.write_features([rows.inputs.features], shape=rows.inputs.features.shape)
    return replace(rows, inputs=replace(rows.inputs, features=features))


def test_operations_on_a_machine_without_the_cycles_folder_give_the_same_bit_for_bit(
    rows: SyntheticRows, local_executors: tuple[CycleFolder, Executor, Executor], tmp_path: Path
) -> None:
    """A task used to be the path of the cycle's folder: no other machine could run it."""
    folder, *executors = local_executors
    here = run_operations(in_folder(rows, folder), *executors)
    kept = {name: array.copy() for name, array in here.arrays().items()}
    shutil.rmtree(folder.path)
    another = tmp_path / "another"
    another.mkdir()
    there = run_operations(rows, AnotherMachine(CONVERTER, another), AnotherMachine(TRAINER, another))
    assert there.arrays().keys() == kept.keys()
    assert [name for name, array in there.arrays().items() if array.tobytes() != kept[name].tobytes()] == []
    assert [without_time(trial) for trial in there.trials] == [without_time(trial) for trial in here.trials]
    assert there.conversion.parity == here.conversion.parity
    assert list(another.iterdir()) == []


def without_time(trial: TrialOutcome) -> object:
    return replace(trial.result, seconds=0.0)
