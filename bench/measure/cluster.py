"""What a trial of the head of 65 people costs on a node of a Ray cluster, over the worker's own machine.

Both are this machine, so the network costs nothing here: what is left is Ray's way through its object store, and two
more processes. Embeddings are synthetic; neither bytes nor seconds depend on what they say.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.data import PEOPLE, PHOTOS
from bench.row import BenchRow, NotMeasured
from cloud.settings import Backend
from cloud.training.context import TRAINER
from cloud.training.executors.executor import Executor, Limits, Task, TaskEnding
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.ray_cluster import RayExecutor
from cloud.training.executors.task_data import TaskData
from cloud.training.trials import LAST_LAYER, Spec
from cloud.training.values import TRAIN, TrialInputs
from cloud.training.weights import HeadWeights
from contract.cuts import CUTS
from demo.running.ray_machines import has_ray, ray_machines
from export.keras_environment import keras_environment

NAME = "cluster"
ROUNDS = 9
LIMITS = Limits(deadline_s=600.0, silence_s=600.0)


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return seconds of a first trial, seconds that go by around a later one, and bytes that travel."""
    if not has_ray():
        return [NotMeasured(NAME, "ray: expected it to be installed (extra `ray`)")]
    environment = keras_environment(os.environ, backend=Backend.TENSORFLOW)
    stop, folder, inputs = threading.Event(), work / "cluster", _inputs()
    with ray_machines({**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, nodes=1) as machines:
        local = LocalExecutor(TRAINER, folder / "local", LIMITS, (), 1, stop, environment=environment)
        ray = RayExecutor(TRAINER, folder / "ray", LIMITS, stop, machines.address, Backend.TENSORFLOW)
        try:
            first = [_run(executor, inputs) for executor in (local, ray)]
            rounds = [[_run(executor, inputs) for executor in (local, ray)] for _ in range(ROUNDS)]
        finally:
            local.close()
            ray.close()
    here, there = zip(*rounds, strict=True)
    name = f"a trial of the last layer, {PEOPLE} people"
    result = there[0].result.encode()
    return [
        BenchRow(f"{name}, first one, on a node over local", first[1].seconds, "s", reference=first[0].seconds),
        BenchRow(
            f"around {name}, on a node, over the trial", _median(there, around=True), "s", reference=_median(there)
        ),
        BenchRow(f"around {name}, locally, over the trial", _median(here, around=True), "s", reference=_median(here)),
        BenchRow("bytes to a node, of those", len(inputs.encode()), "bytes"),
        BenchRow("bytes back from a node, of those", len(result), "bytes"),
    ]


@dataclass(frozen=True, slots=True)
class _Done:
    """A trial that was run."""

    seconds: float
    """Until the executor gave its result."""
    own: float
    """Of those, between its process's getting the task and its giving the result."""
    result: TaskData


def _median(done: Sequence[_Done], *, around: bool = False) -> float:
    return statistics.median(one.seconds - one.own if around else one.own for one in done)


def _run(executor: Executor, inputs: TaskData) -> _Done:
    spec = Spec(LAST_LAYER)
    began = time.perf_counter()
    [outcome] = executor.run([Task(spec.name, TRAIN, spec.document())], inputs)
    if outcome.ending is not TaskEnding.DONE or outcome.result is None:
        raise RuntimeError(f"a trial: expected it to be done, got {outcome.summary}")
    return _Done(time.perf_counter() - began, outcome.seconds, outcome.result)


def _inputs() -> TaskData:
    """Return what a trial takes of a pool whose base is all people, by so many photos each."""
    [units] = CUTS["freeze6"].feature_shape
    random = np.random.default_rng(0)
    labels = np.tile(np.arange(PEOPLE), PHOTOS)
    centres = random.standard_normal((PEOPLE, units))
    embeddings = (centres[labels] + 0.5 * random.standard_normal((len(labels), units))).astype(np.float32)
    classifier = centres.T.astype(np.float32), np.zeros(PEOPLE, np.float32)
    inputs = TrialInputs(
        embeddings=16 * embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True),
        labels=labels,
        weights=np.ones(len(labels), np.float32),
        trained=len(labels) * 2 // 3,
        moments=np.arange(len(labels)),
        vouched=np.ones(len(labels), np.bool_),
        classes=PEOPLE,
        base_classes=PEOPLE,
        best=HeadWeights(*classifier),
    )
    return inputs.pack()
