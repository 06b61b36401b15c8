"""How many bytes a sample takes in uploads of ten by the default codec, and what that costs in accuracy.

Everybody's five even photos are sealed in uploads of ten with the default codec and with float32; the last-layer recipe
is fitted on what comes out of each, and both classifiers are asked about the odd photos' features as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data import find_data
from bench.measure.bundles import export_bundle
from bench.measure.embeddings import embed_with_head
from bench.measure.features import Features, read_features
from bench.row import BenchRow, at_most
from contract.bundle import read_device_bundle
from contract.codecs import DEFAULT_CODEC, Codec
from contract.self_test import PPM, SelfTest, Setup
from contract.training_bundle import KERAS_HEAD_FILE
from contract.upload import Upload, decode_upload, encode_upload
from demo.folders import list_photos
from demo.roles import Person, Shares, assign_roles
from export.quiet import import_quietly

SAMPLES_AN_UPLOAD = 10
GOALS_BYTES = {"freeze6": 330, "freeze4": 10_000}
MOST_POINTS_LOST = 0.2
RECIPE_SEEDS = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class SealedSamples:
    """What a service has after some uploads."""

    size: int
    """Their bytes in all."""
    features: NDArray[np.float32]
    """(n, *shape), as they come out."""


def measure(work: Path) -> list[BenchRow]:
    """Return bytes a sample and points of accuracy lost, for each cut."""
    import_quietly("keras")
    data = find_data(work=work)
    people = assign_roles(list_photos(data.faces), shares=Shares(new=0), seed=0)
    return [row for cut in GOALS_BYTES for row in _measure_cut(work, cut, people, on=data.name)]


def _measure_cut(work: Path, cut: str, people: Sequence[Person], *, on: str) -> list[BenchRow]:
    features = read_features(work, cut=cut)
    space = read_device_bundle(export_bundle(work, cut=cut) / "device").space
    small, plain = (_seal(features, people, codec, space=space) for codec in (DEFAULT_CODEC, Codec.FLOAT32))
    head = export_bundle(work, cut=cut) / "training" / KERAS_HEAD_FILE
    lost = _accuracy(head, features, people, plain.features) - _accuracy(head, features, people, small.features)
    count = len(small.features)
    return [
        BenchRow(
            f"bytes a sample, {cut}, {DEFAULT_CODEC}", small.size / count, "bytes", goal=at_most(GOALS_BYTES[cut])
        ),
        BenchRow(f"bytes a sample, {cut}, float32", plain.size / count, "bytes"),
        BenchRow(f"accuracy lost, {cut}, {DEFAULT_CODEC}, {on}", lost, "points", goal=at_most(MOST_POINTS_LOST)),
    ]


def _seal(features: Features, people: Sequence[Person], codec: Codec, *, space: str) -> SealedSamples:
    photos = [(photo, person.name) for person in people for photo in (*person.base, *person.uploads)]
    batches = [photos[first : first + SAMPLES_AN_UPLOAD] for first in range(0, len(photos), SAMPLES_AN_UPLOAD)]
    uploads = [encode_upload(_upload(features, batch, space=space), codec=codec) for batch in batches]
    return SealedSamples(sum(map(len, uploads)), np.concatenate([decode_upload(data).features for data in uploads]))


def _upload(features: Features, batch: Sequence[tuple[Path, str]], *, space: str) -> Upload:
    photos = [photo for photo, _ in batch]
    return Upload(
        space=space,
        self_test=SelfTest(Setup("bench", features.runtime, "cpu, 1 thread", "this machine"), PPM),
        features=features.of(photos),
        labels=tuple(name for _, name in batch),
        sample_ids=features.ids_of(photos),
        revisions=np.ones(len(batch), np.uint32),
    )


def _accuracy(head: Path, features: Features, people: Sequence[Person], train: NDArray[np.float32]) -> float:
    """Return the mean accuracy in percent over some seeds of the recipe."""
    from export.heads.fit import fit_classifier
    from export.heads.recipe import Recipe

    tests = embed_with_head(head, features.of([photo for person in people for photo in person.tests]))
    truth = np.repeat(np.arange(len(people)), [len(person.tests) for person in people])
    labels = np.repeat(np.arange(len(people)), len(train) // len(people))
    embeddings, right = embed_with_head(head, train), []
    for seed in RECIPE_SEEDS:
        kernel, bias = fit_classifier(embeddings, labels, classes=len(people), recipe=Recipe(seed=seed))
        right.append(np.mean((tests @ kernel + bias).argmax(axis=1) == truth))
    return 100 * float(np.mean(right))
