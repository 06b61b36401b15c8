"""Training in numpy and in Keras: one recipe, two implementations, and how far apart they end."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from export.heads import adam, keras_training
from export.heads.batches import EmbeddingBatches, Training
from export.heads.class_means import ABSENT_LOGIT, Classifier, ClassMeans, Frame, Samples, begin
from export.heads.recipe import Recipe

Floats = NDArray[np.float32]

TWENTY = Recipe(epochs=20)
MEAN_BOUND, MOST_BOUND = 1e-3, 1e-2
"""How far logits may be apart after a training, on average and at most, in standard deviations of all logits. Steps of
Adam are as long where a gradient is rounding alone, and those differ. On faces it was 4e-3 at most."""


def problem(
    *, people: int = 12, photos: int = 5, heads: int = 1, absent: int = 0, recipe: Recipe = TWENTY
) -> tuple[Training, Floats]:
    """Return a training on points around centres, from the class means on, and points to answer.

    The first `heads - 1` heads each miss some samples; the last `absent` classes have none and stay.
    """
    chance = np.random.default_rng(0)
    labels = np.repeat(np.arange(people - absent), photos)
    centres = chance.normal(size=(people, 64))
    points = centres[labels] + chance.normal(size=(len(labels), 64))
    embeddings = (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    weights = chance.uniform(0.2, 2.0, len(labels)).astype(np.float32)
    samples = Samples(embeddings, labels, weights)
    members = np.ones((heads, len(labels)), bool)
    for head in range(heads - 1):
        members[head, head :: heads + 1] = False
        members[head, labels == head] = False
    frame, everybody = Frame.of(samples), np.isin(np.arange(people), labels)
    starts = [
        frame.inside(
            begin(ClassMeans.of(samples.counted(row)), frame, classes=people, everybody=everybody, earlier=None)
        )
        for row in members
    ]
    together = np.concatenate([kernel for kernel, _ in starts], axis=1), np.concatenate([bias for _, bias in starts])
    still = np.tile(~everybody, heads)
    return Training(EmbeddingBatches(samples, members, frame, recipe), together, heads, still, recipe), embeddings


def logits_of(classifier: Classifier, embeddings: Floats) -> Floats:
    kernel, bias = classifier
    known = bias > ABSENT_LOGIT / 2
    logits: Floats = embeddings @ kernel[:, known] + bias[known]
    return logits


def check_close(ours: Classifier, theirs: Classifier, embeddings: Floats) -> None:
    one, other = (logits_of(classifier, embeddings) for classifier in (ours, theirs))
    apart = np.abs(one - other) / other.std()
    assert apart.mean() < MEAN_BOUND
    assert apart.max() < MOST_BOUND


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(epochs=5),
        Recipe(epochs=50),
        Recipe(3e-3, epochs=20, batch_size=16, weight_decay=1e-2),
        Recipe(epochs=20, batch_size=7, seed=3),
    ],
)
def test_numpy_and_keras_train_the_same_classifier(heads: int, recipe: Recipe) -> None:
    training, embeddings = problem(heads=heads, recipe=recipe)
    ours, theirs = adam.train(training), keras_training.train(training)
    moved = np.abs(logits_of(ours, embeddings) - logits_of(training.begin, embeddings)).mean()
    assert moved > 10 * MEAN_BOUND * logits_of(theirs, embeddings).std()
    check_close(ours, theirs, embeddings)


def test_columns_that_stay_are_to_the_bit_as_they_began_in_both() -> None:
    training, embeddings = problem(absent=3, recipe=Recipe(epochs=10, weight_decay=1e-2))
    ours, theirs = adam.train(training), keras_training.train(training)
    for kernel, bias in (ours, theirs):
        np.testing.assert_array_equal(kernel[:, training.still], training.begin[0][:, training.still])
        np.testing.assert_array_equal(bias[training.still], training.begin[1][training.still])
    check_close(ours, theirs, embeddings)


def test_both_tell_the_same_of_how_it_goes() -> None:
    told: list[list[tuple[float, float]]] = []
    progress: list[list[tuple[int, int]]] = []
    for train in (adam.train, keras_training.train):
        points: list[tuple[float, float]] = []
        steps: list[tuple[int, int]] = []
        training, _ = problem(heads=2, recipe=Recipe(epochs=12))
        train(
            replace(
                training,
                progress=lambda done, total, steps=steps: steps.append((done, total)),  # type: ignore[misc]  # bound early
                at_part=lambda epochs, loss, _, points=points: points.append((epochs, loss)),  # type: ignore[misc]
            )
        )
        told.append(points)
        progress.append(steps)
    assert progress[0] == progress[1]
    assert [epochs for epochs, _ in told[0]] == [epochs for epochs, _ in told[1]]
    assert [loss for _, loss in told[0]] == pytest.approx([loss for _, loss in told[1]], rel=1e-3)


def test_training_changes_nothing_of_what_it_is_given() -> None:
    training, _ = problem(absent=1)
    kept = [part.copy() for part in training.begin]
    adam.train(training)
    for part, before in zip(training.begin, kept, strict=True):
        np.testing.assert_array_equal(part, before)


def test_it_computes_in_one_thread_and_leaves_the_process_its_own() -> None:
    """With two threads, on a machine with other work, a household's head took 15 s instead of 6."""
    training, _ = problem()
    during: set[int] = set()
    with threadpool_limits(2, user_api="blas"):
        adam.train(replace(training, progress=lambda done, total: during.update(blas_threads())))
        assert (during, blas_threads()) == ({1}, {2})


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


FIT = """
import sys
import numpy as np
from export.heads import fit
fit.MOST_PRODUCTS_IN_NUMPY = int(sys.argv[1])
fit.fit_classifier(np.eye(4, dtype=np.float32), np.arange(4), classes=4)
print(any(name.startswith("keras.") for name in sys.modules))
"""


@pytest.mark.parametrize(
    ("most", "backend", "loads_keras"), [(2**35, "tensorflow", False), (0, "tensorflow", True), (2**35, "jax", False)]
)
def test_what_is_small_trains_without_keras(most: int, backend: str, loads_keras: bool) -> None:
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", FIT, str(most)], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.strip() == str(loads_keras)
