"""How fast a head of 8631 classes trains at freeze6, as images a second and as a share of the machine's sgemm rate.

The work of an image is counted as usual, three times the forward pass (6 operations a weight), as for the figure that
the goal was set from. A frozen body needs no gradient of its embeddings, so `export.heads.fit` really does 4 of the 6;
that share is given too, without a goal.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.row import BenchRow, at_least
from bench.timing import seconds
from contract.cuts import CUTS, TABLE_1_CLASSES
from export.heads.recipe import Recipe
from export.quiet import import_quietly

CLASSES = TABLE_1_CLASSES
UNITS = CUTS["freeze6"].feature_shape[0]
PHOTOS_A_CLASS = 2
RECIPE = Recipe(epochs=3)
ROUNDS = 7
SGEMM_SIDE = 4096
COUNTED, DONE = 6, 4
"""Floating-point operations a weight and image."""


def measure(work: Path) -> list[BenchRow]:
    """Return images a second and both shares; each is a median of rounds that alternate training and sgemm."""
    import_quietly("keras")
    embeddings, labels = samples()
    rounds = [(images_a_second(embeddings, labels), _sgemm_rate()) for _ in range(ROUNDS)]
    images = statistics.median(images for images, _ in rounds)
    sgemm = statistics.median(rate for _, rate in rounds)
    flops = images * CLASSES * UNITS / 1e9
    name = f"head training, {CLASSES} classes, freeze6"
    return [
        BenchRow(name, images, "images/s"),
        BenchRow(f"{name}, of sgemm", COUNTED * flops, "GFLOP/s", reference=sgemm, goal=at_least(0.75)),
        BenchRow(f"{name}, of sgemm, operations done", DONE * flops, "GFLOP/s", reference=sgemm),
    ]


def samples(classes: int = CLASSES) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return embeddings (n, 512) of length 16 around one mean a class, and labels (n,)."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), PHOTOS_A_CLASS)
    means = rng.standard_normal((classes, UNITS), np.float32)
    embeddings = means[labels] + 0.7 * rng.standard_normal((len(labels), UNITS), np.float32)
    return 16 * embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), labels


def images_a_second(embeddings: NDArray[np.float32], labels: NDArray[np.int64], *, recipe: Recipe = RECIPE) -> float:
    """Return the rate between the first and the last report of progress: without building the network."""
    from export.heads.fit import fit_classifier

    reports: list[tuple[float, int, int]] = []
    fit_classifier(
        embeddings,
        labels,
        classes=int(labels.max()) + 1,
        recipe=recipe,
        progress=lambda done, total: reports.append((time.perf_counter(), done, total)),
    )
    (started, skipped, _), (ended, done, _) = reports[0], reports[-1]
    return (done - skipped) * recipe.batch_for(len(labels)) / (ended - started)


def _sgemm_rate() -> float:
    """Return GFLOP/s of the faster of numpy's and Keras's float32 matrix product."""
    import keras

    left = np.random.default_rng(0).standard_normal((SGEMM_SIDE, SGEMM_SIDE), np.float32)
    tensor = keras.ops.convert_to_tensor(left)
    took_s = min(_fastest(lambda: left @ left), _fastest(lambda: np.asarray(keras.ops.matmul(tensor, tensor))))
    return 2 * SGEMM_SIDE**3 / took_s / 1e9


def _fastest(call: Callable[[], object]) -> float:
    """Return the seconds of the faster of two calls, after one that does not count."""
    call()
    return min(seconds(call), seconds(call))
