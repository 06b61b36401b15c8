"""What a cycle learns from: base samples and a pool's dataset, as rows with classes.

Classes are the labels of the newest release, in its order, then labels that have become classes since, in the order in
which the dataset met them. A label becomes a class with its second training photo, unless it has to wait for a second
device (`cloud.dataset.backing`); until then its rows are left out. So are those of labels for which a label list has no
room (`contract.labels`): no others suffer from them. Rows that train come first, so that each part is one slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.backing import PHOTOS_OF_A_CLASS, LabelStanding, find_waiting
from cloud.dataset.reader import Dataset
from cloud.dataset.row_names import NAME, Names, base_names
from cloud.label_limit import USUAL, LabelLimit
from cloud.training.executors.arrays import Floats
from cloud.training.sources import pairs_of, vouched_for
from contract.arrays import FLOAT32_BYTES
from contract.bundle import BaseSamples
from contract.documents import encode_json
from contract.files import FileRef
from contract.holdout import Split
from contract.labels import MAX_LABELS, MAX_LABELS_BYTES, label_key

CHUNK_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """Labels that heads have; those of one begin with those of the one before. They are the same before any release."""

    bundle: tuple[str, ...]
    best: tuple[str, ...]
    newest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingClasses:
    """The labels of a head to be trained; an index below `best` is best's own."""

    labels: tuple[str, ...]
    base: int
    """How many are the bundle's."""
    best: int
    """How many best knows."""
    waiting: int = 0
    """Labels with too few photos to train on."""
    alone: int = 0
    """Labels that wait for a second device or an operator."""
    left_out: int = 0
    """Labels that would be classes, had a label list room for them."""
    published: int = 0
    """How many of them the newest release has."""

    def without(self, photos: NDArray[np.int64]) -> tuple[TrainingClasses, NDArray[np.int64]]:
        """Leave out labels that nobody was told of yet and that have too few photos to train on.

        Return the classes that remain, and where each one from before is among them, or -1.
        """
        stays = (np.arange(len(self.labels)) < self.published) | (photos >= PHOTOS_OF_A_CLASS)
        labels = tuple(label for label, kept in zip(self.labels, stays, strict=True) if kept)
        waiting = self.waiting + int((~stays).sum())
        return replace(self, labels=labels, waiting=waiting), np.where(stays, np.cumsum(stays) - 1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingExamples:
    """Rows (n,): first those that train, then those held out."""

    classes: TrainingClasses
    labels: NDArray[np.int64]
    """Class indices."""
    unseen: NDArray[np.bool_]
    """Which rows best was not trained on, or not under this label."""
    trained: int
    """How many rows lie among those that train."""
    weights: NDArray[np.float32]
    """What each row counts for; one of 0 counts for nothing, whatever its label."""
    moments: NDArray[np.int64]
    """Rows with one number are near-duplicates, of one moment."""
    sources: NDArray[np.int64]
    """Who says so: 0 for the bundle's base, 1 and up for devices; a number never changes its device."""
    chronology: NDArray[np.int64]
    """Places in time: base rows lie before all others, and the dataset's follow as what counts of them was merged."""
    _base_rows: NDArray[np.int64]
    _dataset_rows: NDArray[np.int64]
    """For each row its place in one of the two, and -1 in the other."""
    _absent: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Samples of the dataset that are not here: they are excluded, or their labels are no classes."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counting(self) -> NDArray[np.bool_]:
        """Which rows count (n,)."""
        return self.weights > 0

    @property
    def trains(self) -> NDArray[np.bool_]:
        """Which rows (n,) train and count."""
        return self.counting & (np.arange(len(self)) < self.trained)

    @property
    def photos(self) -> NDArray[np.int64]:
        """How many rows of each class train."""
        return np.bincount(self.labels[self.trains], minlength=len(self.classes.labels))

    @property
    def vouched(self) -> NDArray[np.bool_]:
        """Which rows (n,) others vouch for: the base's, and of labels without base those that two devices use."""
        return vouched_for(self.labels, self.sources, counting=self.counting, classes=len(self.classes.labels))

    @property
    def left_out(self) -> NDArray[np.int64]:
        """Which rows of the dataset do not count here, or are not here at all; no head is trained on them."""
        places = self._dataset_rows[~self.counting]
        return np.union1d(places[places >= 0], self._absent)

    def weighted(self, shares: NDArray[np.float32]) -> TrainingExamples:
        """Return the same rows, each with a share of its label; what has none is out.

        Of a label that has become a class here two rows must train: one that is left with fewer is no class any more.
        Labels count alike, however many rows they have.
        """
        trains = (shares > 0) & (np.arange(len(self)) < self.trained)
        photos = np.bincount(self.labels[trains], minlength=len(self.classes.labels))
        classes, places = self.classes.without(photos)
        labels = places[self.labels]
        weights = np.where(labels >= 0, shares, 0).astype(np.float32)
        labels = np.maximum(labels, 0)
        totals = np.bincount(labels[: self.trained], weights[: self.trained], minlength=len(classes.labels))
        weights *= np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)[labels].astype(np.float32)
        return replace(self, classes=classes, labels=labels, weights=weights)

    def without_news(self, classes: Sequence[int]) -> TrainingExamples | None:
        """Leave out what best was not trained on of some classes; return None where nothing was there to leave out."""
        news = self.trains & self.unseen & np.isin(self.labels, classes)
        if not news.any():
            return None
        pairs = pairs_of(self.labels, self.sources)
        doubted = self.unseen & np.isin(pairs, pairs[news])
        return self.weighted(np.where(doubted, 0, self.weights).astype(np.float32))

    @property
    def of_base(self) -> NDArray[np.bool_]:
        """Which rows (n,) are the bundle's base."""
        return self._base_rows >= 0

    def names(self, base_file: FileRef, dataset: Dataset) -> Names:
        """Return the name (n,) of each row, given the file of the base samples."""
        of_base = base_names(base_file.sha256, int(self._base_rows.max(initial=-1)) + 1)
        names = np.zeros(len(self), NAME)
        names[self.of_base] = of_base[self._base_rows[self.of_base]]
        names[~self.of_base] = dataset.names[self._dataset_rows[~self.of_base]]
        return names

    def features(
        self, base: BaseSamples, dataset: Dataset, *, rows: NDArray[np.int64] | None = None
    ) -> Iterator[Floats]:
        """Yield the features (k, *shape) of all rows, or of some, in order, a bounded number at a time."""
        rows = np.arange(len(self)) if rows is None else rows
        size = max(CHUNK_BYTES // max(FLOAT32_BYTES * int(np.prod(dataset.features.shape[1:])), 1), 1)
        for begin in range(0, len(rows), size):
            some = rows[begin : begin + size]
            ours, theirs = self._base_rows[some], self._dataset_rows[some]
            chunk = np.empty((len(ours), *dataset.features.shape[1:]), np.float32)
            chunk[ours >= 0] = base.features[ours[ours >= 0]]
            chunk[theirs >= 0] = dataset.features[theirs[theirs >= 0]]
            yield chunk


def choose_classes(
    dataset: Dataset,
    known: KnownLabels,
    *,
    excluded: Sequence[int] = (),
    allows: Callable[[str], bool] = lambda _: False,
    limit: LabelLimit = USUAL,
) -> TrainingClasses:
    """Choose the classes to train.

    Args:
        dataset: the pool's samples.
        known: labels that are classes in any case.
        excluded: the samples that count for nothing.
        allows: whether an operator has allowed a label.
        limit: for labels that one device alone uses.
    """
    counts = np.ones(len(dataset), np.bool_)
    counts[np.asarray(excluded, np.int64)] = False
    trains = counts & (dataset.splits == Split.TRAIN.code)
    photos = np.bincount(dataset.label_index[trains], minlength=len(dataset.labels))
    bundle, newest = ({label_key(label) for label in labels} for labels in (known.bundle, known.newest))
    standing = LabelStanding.of(dataset.labels, photos, bundle=bundle, released=newest, allows=allows)
    waits = find_waiting(dataset.label_index[counts], dataset.devices[counts], standing, limit)
    grown = standing.ready & ~standing.released & ~waits
    labels = (*known.newest, *(dataset.labels[place] for place in np.flatnonzero(grown)))
    room = max(_room(labels), len(known.newest))
    return TrainingClasses(
        labels[:room],
        base=len(known.bundle),
        best=len(known.best),
        waiting=int(((photos > 0) & ~standing.ready).sum()),
        alone=int(waits.sum()),
        left_out=len(labels) - room,
        published=len(known.newest),
    )


def _room(labels: Sequence[str]) -> int:
    """Return how many of these, from the first on, a label list can hold."""
    ends = 1 + np.cumsum([len(encode_json(label)) + 1 for label in labels])  # brackets, commas
    return min(int(np.searchsorted(ends, MAX_LABELS_BYTES, side="right")), MAX_LABELS)


def choose_examples(
    dataset: Dataset,
    base: BaseSamples,
    classes: TrainingClasses,
    *,
    seen: int,
    left_out: Sequence[int] = (),
    excluded: Sequence[int] = (),
) -> TrainingExamples:
    """Choose the rows whose labels are classes, but for the samples that are `excluded`.

    Best was trained on what the first `seen` rows of the dataset say, but for the samples that were `left_out`.
    """
    places = {label_key(label): place for place, label in enumerate(classes.labels)}
    of_dataset = np.array([places.get(label_key(label), -1) for label in dataset.labels], np.int64)
    labels = np.concatenate([base.labels.astype(np.int64), of_dataset[dataset.label_index]])
    labels[len(base.labels) + np.asarray(excluded, np.int64)] = -1
    held_out = np.concatenate([base.splits == Split.HELD_OUT.code, dataset.splits == Split.HELD_OUT.code])
    order = np.concatenate([np.flatnonzero((labels >= 0) & ~held_out), np.flatnonzero((labels >= 0) & held_out)])
    bases = len(base.labels)
    sources = np.concatenate([np.zeros(bases, np.int64), 1 + dataset.devices])
    chronology = np.concatenate([np.arange(bases), bases + dataset.since])
    return TrainingExamples(
        classes=classes,
        labels=labels[order],
        unseen=(chronology[order] >= bases + seen) | np.isin(order - bases, left_out),
        trained=int(((labels >= 0) & ~held_out).sum()),
        weights=np.ones(len(order), np.float32),
        moments=np.arange(len(order)),
        sources=sources[order],
        chronology=chronology[order],
        _base_rows=np.where(order < bases, order, -1),
        _dataset_rows=np.where(order < bases, -1, order - bases),
        _absent=np.flatnonzero(labels[bases:] < 0),
    )
