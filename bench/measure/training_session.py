"""Training sessions as a phone would hold them: `python -m bench.measure.training_session ASKED.npz DONE.npz`.

It is a process of its own for each runtime, and imports little, so that its whole processor time is what such a program
costs. A session opens the model, restores the head in use, takes its steps, and saves the head to a file::

    asked    model str, runtime str, kernel, bias, embeddings (sessions, n, d), labels (sessions,), steps, rate
    done     kernels (sessions, d, classes), biases, processor_s (sessions,), whole_s
"""

from __future__ import annotations

import importlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RUNTIMES = {"ai-edge-litert": "ai_edge_litert.interpreter", "tflite-runtime": "tflite_runtime.interpreter"}

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Some sessions that differ only in whose photos they train on."""

    model: Path
    """Of `bench.measure.trainable_head`."""
    runtime: str
    kernel: Floats
    bias: Floats
    embeddings: Floats
    """(sessions, n, d)."""
    labels: NDArray[np.int64]
    """(sessions,): the one class of each session's photos."""
    steps: int
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What some sessions came to."""

    kernels: Floats
    """(sessions, d, classes)."""
    biases: Floats
    processor_s: tuple[float, ...]
    """Of each session, in a process that has the runtime loaded already."""
    whole_s: float
    """Of processor, of the whole process: Python's start, numpy, the runtime, and all sessions."""


def train_head(asked: Asked, work: Path) -> Trained:
    """Hold the sessions in a process of their own.

    Raises:
        RuntimeError: the runtime is not here, or cannot run the model; the message is its own.
    """
    question, answer = work / "asked.npz", work / "done.npz"
    arrays = {name: np.asarray(getattr(asked, name)) for name in asked.__slots__ if name != "model"}
    np.savez(question, model=np.array(str(asked.model)), **arrays)
    command = [sys.executable, "-m", "bench.measure.training_session", str(question), str(answer)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{asked.runtime}: {done.stderr.strip().splitlines()[-1]}")
    with np.load(answer) as found:
        seconds = tuple(float(one) for one in found["processor_s"])
        return Trained(found["kernels"], found["biases"], seconds, float(found["whole_s"]))


def main(arguments: Sequence[str]) -> None:
    """Hold the sessions that a file asks for."""
    question, answer = arguments
    with np.load(question) as asked:
        interpreter = importlib.import_module(RUNTIMES[str(asked["runtime"])]).Interpreter
        file = Path(answer).with_suffix(".head.npz")
        sessions = [
            _hold(interpreter, asked, embeddings, int(label), file)
            for embeddings, label in zip(asked["embeddings"], asked["labels"], strict=True)
        ]
    kernels, biases, seconds = zip(*sessions, strict=True)
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole_s = used.ru_utime + used.ru_stime
    np.savez(answer, kernels=kernels, biases=biases, processor_s=seconds, whole_s=whole_s)


def _hold(interpreter: Any, asked: Any, embeddings: Floats, label: int, file: Path) -> tuple[Floats, Floats, float]:
    """Hold one session; return the head and the processor seconds that it took."""
    kernel, bias, rate = asked["kernel"], asked["bias"], np.float32(asked["rate"])
    labels = np.full(len(embeddings), label, np.int32)
    model, steps = str(asked["model"]), int(asked["steps"])
    began = time.process_time()
    opened = interpreter(model_path=model, num_threads=1)
    opened.get_signature_runner("restore")(kernel=kernel, bias=bias)
    train = opened.get_signature_runner("train")
    for _ in range(steps):
        train(embeddings=embeddings, labels=labels, rate=rate)
    saved = opened.get_signature_runner("save")()
    np.savez(file, **saved)
    return saved["kernel"], saved["bias"], time.process_time() - began


if __name__ == "__main__":
    main(sys.argv[1:])
