"""What a cycle learns from: base samples and a pool's dataset, as rows with classes.

Classes are the labels of the newest release, in its order, then labels that have become classes since, in the order in
which the dataset met them. A label becomes a class with its second training photo; until then it waits, and its rows
are left out. So are those of labels for which a label list has no room (`contract.labels`): no others suffer from
them. Rows that train come first, so that each part is one slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.reader import Dataset
from contract.arrays import FLOAT32_BYTES
from contract.bundle import BaseSamples
from contract.documents import encode_json
from contract.holdout import Split
from contract.labels import MAX_LABELS, MAX_LABELS_BYTES, label_key

PHOTOS_OF_A_CLASS = 2
CHUNK_BYTES = 16 << 20

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainingClasses:
    """The labels of a head to be trained; an index below `best` is best's own."""

    labels: tuple[str, ...]
    base: int
    """How many are the bundle's."""
    best: int
    """How many best knows."""
    waiting: int = 0
    """Labels with a single photo to train on."""
    left_out: int = 0
    """Labels that would be classes, had a label list room for them."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingExamples:
    """Rows (n,): first those that train, then those held out."""

    classes: TrainingClasses
    labels: NDArray[np.int64]
    """Class indices."""
    unseen: NDArray[np.bool_]
    """Which rows best was not trained on."""
    trained: int
    """How many rows train."""
    _base_rows: NDArray[np.int64]
    _dataset_rows: NDArray[np.int64]
    """For each row its place in one of the two, and -1 in the other."""

    def __len__(self) -> int:
        return len(self.labels)

    def features(self, base: BaseSamples, dataset: Dataset) -> Iterator[Floats]:
        """Yield the features (k, *shape) of all rows in order, a bounded number at a time."""
        size = max(CHUNK_BYTES // max(FLOAT32_BYTES * int(np.prod(dataset.features.shape[1:])), 1), 1)
        for begin in range(0, len(self), size):
            ours, theirs = self._base_rows[begin : begin + size], self._dataset_rows[begin : begin + size]
            chunk = np.empty((len(ours), *dataset.features.shape[1:]), np.float32)
            chunk[ours >= 0] = base.features[ours[ours >= 0]]
            chunk[theirs >= 0] = dataset.features[theirs[theirs >= 0]]
            yield chunk


def choose_classes(
    dataset: Dataset, *, bundle: Sequence[str], best: Sequence[str], newest: Sequence[str]
) -> TrainingClasses:
    """Choose the classes to train.

    Args:
        dataset: the pool's samples.
        bundle: the labels of the bundle.
        best: those of the best release, which begin with the bundle's.
        newest: those of the newest release, which begin with best's. Before the first release all three are the same.
    """
    known = {label_key(label) for label in newest}
    photos = np.bincount(
        dataset.label_index[dataset.splits == Split.TRAIN.code], minlength=len(dataset.labels)
    ).tolist()
    counted = zip(dataset.labels, photos, strict=True)
    others = [(label, count) for label, count in counted if label_key(label) not in known]
    grown = [label for label, count in others if count >= PHOTOS_OF_A_CLASS]
    waiting = sum(0 < count < PHOTOS_OF_A_CLASS for _, count in others)
    labels = (*newest, *grown)
    room = max(_room(labels), len(newest))
    return TrainingClasses(labels[:room], len(bundle), len(best), waiting, left_out=len(labels) - room)


def _room(labels: Sequence[str]) -> int:
    """Return how many of these, from the first on, a label list can hold."""
    ends = 1 + np.cumsum([len(encode_json(label)) + 1 for label in labels])  # brackets, commas
    return min(int(np.searchsorted(ends, MAX_LABELS_BYTES, side="right")), MAX_LABELS)


def choose_examples(dataset: Dataset, base: BaseSamples, classes: TrainingClasses, *, seen: int) -> TrainingExamples:
    """Choose the rows whose labels are classes; best was trained on the dataset's first `seen` samples."""
    places = {label_key(label): place for place, label in enumerate(classes.labels)}
    of_dataset = np.array([places.get(label_key(label), -1) for label in dataset.labels], np.int64)
    labels = np.concatenate([base.labels.astype(np.int64), of_dataset[dataset.label_index]])
    held_out = np.concatenate([base.splits == Split.HELD_OUT.code, dataset.splits == Split.HELD_OUT.code])
    order = np.concatenate([np.flatnonzero((labels >= 0) & ~held_out), np.flatnonzero((labels >= 0) & held_out)])
    bases = len(base.labels)
    return TrainingExamples(
        classes=classes,
        labels=labels[order],
        unseen=order >= bases + seen,
        trained=int(((labels >= 0) & ~held_out).sum()),
        _base_rows=np.where(order < bases, order, -1),
        _dataset_rows=np.where(order < bases, -1, order - bases),
    )
