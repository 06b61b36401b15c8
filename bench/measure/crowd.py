"""A pool of a crowd: many synthetic people, whose photos many devices sent, as its merges would have left it.

Photos lie about as small real faces do: from 33 people with ten photos each, class means answer 95 % of the photos with
their person at the threshold that lets in 2.5 % of strangers, and of `lfw65` with faces of 20 pixels 96 %. Beside what
differs from photo to photo in every direction there is what all people have in common, such as pose and light: a few
directions that training can learn to pass over.

The bundle knows everybody, by a few photos each. Every device has photos of some people; one photo in a hundred is
under somebody else's name. The dataset is written by the writer of shards, not by so many merges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.learning.people import DIMENSIONS, LENGTH, Floats, Integers
from cloud.admin.bundles import register
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import shards
from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Arrivals, Columns
from cloud.dataset.pointer import DatasetPointer
from cloud.store import open_store
from cloud.store.keys import Pool
from contract.bundle import BaseSamples, BundleFacts, TrainingBundleParts, write_training_bundle
from contract.codecs import DEFAULT_CODEC, EncodedFeatures, encode_features
from contract.holdout import FIRST_PHOTOS_THAT_TRAIN, HELD_OUT_ONE_IN, Split
from contract.inputs import PhotoInput
from contract.self_test import PPM, SelfTest, Setup
from export.heads.calibrate import calibrate
from export.heads.calibration import Calibration
from export.heads.class_means import Classifier
from export.heads.fit import fit_classifier
from export.heads.folds import Scored
from export.heads.recipe import Recipe
from export.quiet import import_quietly

SPACE = "7" * 64
GROUP = "crowd"
PEOPLE_OF_A_DEVICE = 40
WRONG_ONE_IN = 100
COMMON, PERSON, PHOTO, UNLIKE, NUISANCE = 0.27, 0.845, 0.75, 0.25, 0.6
"""Shares of an embedding's length: what all photos have in common, the person, the photo (its own, log-normal about
it), and what is like pose and light."""
NUISANCES = 24
DECAY = 0.026
"""By what power of e the spread falls from one direction to the next."""
ROWS_AT_ONCE = 8192
SELF_TEST = SelfTest(Setup("bench", "none", "cpu, 1 thread", "this machine"), PPM)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a pool is."""

    samples: int
    """In all, those of the bundle, too."""
    people: int
    base_photos: int = 5
    """Of each person, in the bundle."""
    devices: int = 1000


class Crowd:
    """People who can be photographed."""

    def __init__(self, people: int, *, seed: int = 0) -> None:
        self.people = people
        self._seed = seed
        random = np.random.default_rng((seed, people))
        self._common = _directions(random, 1)
        self._persons = _directions(random, people)
        self._nuisances = np.linalg.qr(random.normal(size=(DIMENSIONS, NUISANCES)))[0].T.astype(np.float32)

    def photograph(self, people: Integers, *, seed: int) -> Iterator[Floats]:
        """Yield embeddings (k, 512) of length 16, one of each of these people (n,), a bounded number at a time."""
        for begin in range(0, len(people), ROWS_AT_ONCE):
            random = np.random.default_rng((self._seed, seed, begin))
            who = people[begin : begin + ROWS_AT_ONCE]
            unlike = np.exp(random.normal(0, UNLIKE, (len(who), 1))).astype(np.float32)
            pose = random.standard_normal((len(who), NUISANCES), np.float32) / np.float32(np.sqrt(NUISANCES))
            drawn = COMMON * self._common + PERSON * self._persons[who]
            drawn += PHOTO * unlike * _directions(random, len(who)) + NUISANCE * pose @ self._nuisances
            yield LENGTH * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def make_bundle(folder: Path, crowd: Crowd, size: Size) -> Path:
    """Write the training bundle that knows the crowd; return its folder. It loads Keras."""
    import_quietly("keras")
    import keras

    from export.network.inception_resnet_v1 import ScaleToLength

    people = np.arange(size.people).repeat(size.base_photos)
    features = np.concatenate([*crowd.photograph(people, seed=0)])
    random = np.random.default_rng(1)
    ids = _ids(random, len(people), 16)
    splits = _splits(random, np.arange(len(people)) % size.base_photos >= FIRST_PHOTOS_THAT_TRAIN)
    (kernel, bias), calibration = fit_class_means(features, people, splits == Split.HELD_OUT.code, classes=size.people)
    feature = keras.Input((DIMENSIONS,), name="feature")
    dense = keras.layers.Dense(size.people, name="Logits")
    head = keras.Model(feature, dense(ScaleToLength(float(LENGTH), name="Embedding")(feature)))
    dense.set_weights([kernel, bias])
    folder.mkdir(parents=True, exist_ok=True)
    head.save(folder / "head.keras")
    facts = BundleFacts(
        SPACE,
        "freeze6",
        "cut",
        PhotoInput(160, 160),
        (DIMENSIONS,),
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        least_cosine_ppm=990_000,
        points=calibration.points,
    )
    base = BaseSamples(features, people.astype(np.uint32), ids, splits)
    labels = tuple(f"person {number}" for number in range(size.people))
    parts = TrainingBundleParts(facts, (folder / "head.keras").read_bytes(), labels, features[0], base)
    write_training_bundle(folder / "training", parts)
    return folder / "training"


def fit_class_means(
    features: Floats, people: Integers, judges: NDArray[np.bool_], *, classes: int
) -> tuple[Classifier, Calibration]:
    """Fit the bundle's head as the export does: to the photos that train; those that judge calibrate it, too."""
    train, others, means = (features[~judges], people[~judges]), (features[judges], people[judges]), Recipe(epochs=0)
    kernel, bias = fit_classifier(*train, classes=classes, recipe=means)
    held_out = Scored(others[0] @ kernel + bias, others[1], np.ones(len(others[1]), np.float32))
    return (kernel, bias), calibrate(*train, classes=classes, recipe=means, held_out=held_out)


def fill_pool(address: str, bundle: Path, crowd: Crowd, size: Size) -> tuple[Pool, DatasetPointer]:
    """Register the bundle and write the photos of all devices into a new store; return their pool and its dataset."""
    store = open_store(address)
    store.prepare()
    register(store, bundle)
    pool, random = Pool(GROUP, SPACE), np.random.default_rng(2)
    rows = size.samples - size.people * size.base_photos
    devices = np.sort(random.integers(0, size.devices, rows))
    circles = random.integers(0, size.people, (size.devices, PEOPLE_OF_A_DEVICE))
    people = circles[devices, random.integers(0, PEOPLE_OF_A_DEVICE, rows)]
    order = random.permutation(rows)  # devices send as they like
    devices, people = devices[order], people[order]
    wrong = random.integers(0, WRONG_ONE_IN, rows) == 0
    labels = np.where(wrong, random.integers(0, size.people, rows), people)
    numbers, zeros = np.arange(rows, dtype=np.uint32), np.zeros(rows, np.uint32)
    merged = np.full(rows, 1, np.uint64)
    columns = Columns(
        feature_shape=(DIMENSIONS,),
        labels=tuple(f"person {number}" for number in range(size.people)),
        devices=tuple(f"{number:032x}" for number in range(size.devices)),
        self_tests=(SELF_TEST,),
        arrivals=Arrivals(_ids(random, rows, 32), devices.astype(np.uint32), zeros, zeros, merged),
        sample_ids=_ids(random, rows, 16),
        revisions=zeros,
        label_index=labels.astype(np.uint32),
        arrival_index=numbers,
        splits=_splits(random, np.ones(rows, np.bool_)),
    )
    blocks = BlockWriter()
    for chunk in crowd.photograph(people, seed=1):
        blocks.add(EncodedFeatures(DEFAULT_CODEC, encode_features(chunk, DEFAULT_CODEC)))
    shard = shards.write(store, pool, columns, blocks)
    dataset = DatasetPointer("", (shard,), rows, rows, rows, journal=None)
    return pool, dataset_pointer.swap(store, pool, dataset, previous=None)


def _directions(random: np.random.Generator, count: int) -> Floats:
    drawn = random.standard_normal((count, DIMENSIONS), np.float32)
    drawn *= np.exp(-DECAY * np.arange(DIMENSIONS)).astype(np.float32)
    units: Floats = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return units


def _splits(random: np.random.Generator, may_judge: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Hold out a fifth of the rows that may judge."""
    splits: NDArray[np.uint8] = (may_judge & (random.random(len(may_judge)) * HELD_OUT_ONE_IN < 1)).astype(np.uint8)
    return splits


def _ids(random: np.random.Generator, rows: int, width: int) -> NDArray[np.uint8]:
    return random.integers(0, 256, (rows, width), np.uint8)
