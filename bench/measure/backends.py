"""How fast a head of 8631 classes trains at freeze6 on each backend of Keras, on whatever device it finds here.

A head so large trains in Keras; each round of a backend is a process of its own, and rounds of both alternate.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
from pathlib import Path

from bench.isolated import in_fresh_process
from bench.measure.training import CLASSES, images_a_second, samples
from bench.row import BenchRow, NotMeasured
from cloud.settings import Backend
from export.keras_environment import keras_environment
from export.quiet import silence, silence_tensorflow

NAME = "backends"
ROUNDS = 3


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return images a second on JAX over TensorFlow; each is a median."""
    if importlib.util.find_spec(Backend.JAX) is None:
        return [NotMeasured(NAME, "jax: expected it to be installed (extra `jax`)")]
    rates: dict[Backend, list[float]] = {backend: [] for backend in Backend}
    devices: dict[Backend, str] = {}
    for _ in range(ROUNDS):
        for backend in Backend:
            device, rate = in_fresh_process(train_on, backend)
            rates[backend].append(rate)
            devices[backend] = device
    on = " over ".join(f"{backend} on {devices[backend]}" for backend in (Backend.JAX, Backend.TENSORFLOW))
    name = f"head training, {CLASSES} classes, freeze6, {on}"
    jax, tensorflow = (statistics.median(rates[backend]) for backend in (Backend.JAX, Backend.TENSORFLOW))
    return [BenchRow(name, jax, "images/s", reference=tensorflow)]


def train_on(backend: Backend) -> tuple[str, float]:
    """Return the device that Keras computes on, and images a second. Only in a process that has not loaded Keras."""
    os.environ.update(keras_environment(os.environ, backend=backend))
    silence_tensorflow()
    with silence():
        import keras

        keras.ops.zeros(1)

    return str(keras.distribution.list_devices()[0]), images_a_second(*samples())
