"""How soon a last layer is trained, beside plain Keras `fit` and PyTorch: the same people, until as many are known.

The people are points in space, and their photos lie around them, each as far as is drawn for it: some are beyond
telling, where of real people nearly all are told apart. Both keep to a few dozen directions, as FaceNet's embeddings do
(916 photos of lfw65 differ in 64, but for 3 parts in a million). At freeze5 the embeddings are what the head's body
makes of features; that is part of each side's time. Features lie there where real ones do, along the directions that
the body passes on: with VGGFace2 weights these are 49, and drawn features are as long as real ones (5.8 and 6.1).
Rivals train as their tutorials do, by Adam on shuffled batches of softmax cross-entropy, at each of some rates and
batch sizes; Keras also with the body thawed. Ours are the trials of a cycle: the class means, and training from there
on. Each side is asked after every epoch. What counts is when its first training comes to the accuracy on held-out
photos that both sides come to, but for one standard error of it: the best of many epochs is better by chance. The
time for asking and for building graphs does not count.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.isolated import in_fresh_process
from bench.measure.embeddings import embed_with_head, map_linearly
from bench.measure.rival_runs import BATCHES, EPOCHS, RATES, Photos, Point, Run, run
from bench.measure.torch_python import NoTorch, run_with_torch
from bench.row import BenchRow, NotMeasured, at_least
from contract.cuts import CUTS
from contract.training_bundle import KERAS_HEAD_FILE
from export.heads.recipe import EPOCHS as OUR_EPOCHS
from export.quiet import import_quietly

PEOPLE, PHOTOS, HELD_OUT = 500, 10, 5
DIRECTIONS, SPREAD = 64, 0.7
"""In how many directions people and photos differ, and how far photos lie from their person, on average."""
CUT_NAMES = ("freeze6", "freeze5")
LENGTH = 21.0
"""Of FaceNet's embeddings, on average."""
GOAL = 1.2

Floats = NDArray[np.float32]


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return for each cut the best rival's seconds over ours."""
    from bench.measure.bundles import export_bundle

    rows: list[BenchRow | NotMeasured] = []
    for cut in CUT_NAMES:
        head = export_bundle(work, cut=cut) / "training" / KERAS_HEAD_FILE
        directions = in_fresh_process(find_directions, head, CUTS[cut].feature_shape[0])
        photos = draw(directions, people=PEOPLE, photos=PHOTOS, held_out=HELD_OUT)
        ours = in_fresh_process(train_ours, photos, head)
        keras = in_fresh_process(train_with_keras, photos, head)
        embedded, embedding_s = in_fresh_process(embed, photos, head)
        torch = in_fresh_process(train_with_torch, embedded)
        if isinstance(torch, str):
            rows.append(NotMeasured(f"rivals, {cut}, PyTorch", torch))
            torch = []
        torch = [run.later(embedding_s) for run in torch]
        rows += rows_of(cut, ours, {"Keras fit": keras, "PyTorch": torch}, asked=len(photos.asked))
    return rows


def rows_of(cut: str, ours: Sequence[Run], rivals: Mapping[str, Sequence[Run]], *, asked: int) -> list[BenchRow]:
    """Return the rows of one cut, whose accuracies are of so many photos; the goal is for all rivals together."""
    name = f"last layer trained, {PEOPLE} people, {cut}"
    rows = [BenchRow(f"{name}, best accuracy, ours", 100 * best_of(ours), "%")]
    ratios: list[BenchRow] = []
    for rival, runs in rivals.items():
        if runs:
            both = min(best_of(ours), best_of(runs))
            wanted = both - math.sqrt(both * (1 - both) / asked)
            rows.append(BenchRow(f"{name}, best accuracy, {rival}", 100 * best_of(runs), "%"))
            what = f"{name}, to {wanted:.1%}, {rival} over ours"
            ratios.append(BenchRow(what, fastest(runs, wanted), "s", fastest(ours, wanted), at_least(GOAL)))
    return [*rows, *ratios]


def best_of(runs: Sequence[Run]) -> float:
    """Return the best accuracy that any comes to."""
    return max(point.accuracy for run in runs for point in run.points)


def fastest(runs: Sequence[Run], accuracy: float) -> float:
    """Return the seconds of the run that comes first to an accuracy, which one of them does."""
    return min(point.seconds for run in runs for point in run.points if point.accuracy >= accuracy)


def find_directions(head: Path, width: int) -> Floats:
    """Return the features (k, width) that a head's body passes on, as embeddings that are orthogonal and of length 1.

    What it passes on at less than half of the strongest is not among them. For a process of its own.
    """
    before, through = map_linearly(head, width)
    left, strengths, _ = np.linalg.svd(through - before, full_matrices=False)
    strong = int((strengths > strengths[0] / 2).sum())
    directions: Floats = (left[:, :strong] / strengths[:strong]).T.astype(np.float32)
    return directions


def draw(directions: Floats, *, people: int, photos: int, held_out: int) -> Photos:
    """Return photos of people who do not exist, as features along some directions (k, d).

    `held_out` more of each are for asking.
    """
    chance = np.random.default_rng(0)
    few = chance.standard_normal((DIRECTIONS, len(directions)), np.float32)
    owners = np.arange(people).repeat(photos + held_out)
    centres, moved = (chance.standard_normal((count, DIRECTIONS), np.float32) for count in (people, len(owners)))
    far = SPREAD * chance.exponential(size=(len(owners), 1)).astype(np.float32)
    points = (centres[owners] + far * moved) @ few
    points *= LENGTH / np.linalg.norm(points, axis=1, keepdims=True)
    points = points @ directions
    asked = np.tile(np.arange(photos + held_out) >= photos, people)
    order = chance.permutation(np.flatnonzero(~asked))
    return Photos(points[order], owners[order], points[asked], owners[asked])


def embed(photos: Photos, head: Path) -> tuple[Photos, float]:
    """Return the photos through a head's body, and the seconds that those that train took; for a process of its own."""
    import_quietly("keras")
    embed_with_head(head, photos.features[:1])
    began = time.perf_counter()
    trained = embed_with_head(head, photos.features)
    seconds = time.perf_counter() - began
    return Photos(trained, photos.owners, embed_with_head(head, photos.asked), photos.asked_owners), seconds


def train_ours(photos: Photos, head: Path) -> list[Run]:
    """Train as the trials of a cycle do; for a process of its own."""
    embedded, embedding_s = embed(photos, head)
    return [_fit_ours(embedded, epochs).later(embedding_s) for epochs in OUR_EPOCHS]


def _fit_ours(photos: Photos, epochs: int) -> Run:
    from export.heads.fit import fit_classifier
    from export.heads.recipe import Recipe

    points: list[Point] = []
    began = time.perf_counter()

    def ask(kernel: Floats, bias: Floats) -> None:
        nonlocal began
        seconds = time.perf_counter() - began
        answers = (photos.asked @ kernel + bias).argmax(axis=1)
        points.append(Point(seconds, float((answers == photos.asked_owners).mean())))
        began = time.perf_counter() - seconds

    trained = fit_classifier(
        photos.features,
        photos.owners,
        classes=photos.people,
        recipe=Recipe(epochs=epochs),
        at_point=lambda epochs, loss, classifier: ask(*classifier),
    )
    ask(*trained)
    return Run(tuple(points))


def train_with_keras(photos: Photos, head: Path, *, epochs: int = EPOCHS) -> list[Run]:
    """Train by Keras's `fit`, on embeddings and with the body thawed; for a process of its own."""
    import_quietly("keras")
    embedded, embedding_s = embed(photos, head)
    on_embeddings = [run.later(embedding_s) for run in _fit_each(embedded, lambda: _last_layer(embedded), epochs)]
    return [*on_embeddings, *_fit_each(photos, lambda: _thawed(head, photos.people), epochs)]


def _last_layer(photos: Photos) -> Any:
    import keras

    return keras.Sequential([keras.Input(photos.features.shape[1:]), keras.layers.Dense(photos.people)])


def _thawed(head: Path, people: int) -> Any:
    import keras

    import export.network.inception_resnet_v1  # noqa: F401  # registers the layer that a head's file names
    from export.network.classifier import take_apart

    body = take_apart(keras.saving.load_model(head, compile=False)).body
    return keras.Model(body.inputs[0], keras.layers.Dense(people)(body.outputs[0]))


def _fit_each(photos: Photos, build: Callable[[], Any], epochs: int) -> Iterator[Run]:
    import keras

    for rate, batch in product(RATES, BATCHES):
        keras.utils.set_random_seed(0)
        network = build()
        begin = network.get_weights()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(optimizer=keras.optimizers.Adam(rate), loss=loss)
        network.fit(photos.features[: 2 * batch], photos.owners[: 2 * batch], batch_size=batch, verbose=0)
        network.predict(photos.asked, batch_size=1024, verbose=0)
        network.set_weights(begin)
        for variable in network.optimizer.variables[2:]:  # behind its steps and its rate
            variable.assign(keras.ops.zeros_like(variable))

        def epoch(network: Any = network, batch: int = batch) -> None:
            network.fit(photos.features, photos.owners, batch_size=batch, verbose=0)

        def answers(network: Any = network) -> NDArray[np.int64]:
            classes: NDArray[np.int64] = network.predict(photos.asked, batch_size=1024, verbose=0).argmax(axis=1)
            return classes

        yield run(photos, epoch, answers, epochs=epochs)


def train_with_torch(photos: Photos) -> list[Run] | str:
    """Train by PyTorch, in a process of its own Python; return why not, where it has none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photos.npz"
        photos.save(path)
        try:
            documents = run_with_torch("bench.measure.torch_rival", str(path))
        except NoTorch as error:
            return str(error)
    return [Run.parse(document) for document in documents]
