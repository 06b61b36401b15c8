"""The rule which row of a sample counts. Pure: rows in, decisions out.

A sample is one photo of one device: (device, sample id). Its first row decides the split for good; of its rows, the one
with the highest revision says the label and the feature; a row that is not higher than what is there is not taken.
Devices choose the ids of their samples, so a secret has its say in the split: nobody can send samples that only judge
heads. Two spellings of one label (`contract.labels.label_key`) are one label, shown as it was first spelled, the
bundle's labels before all others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.columns import Columns
from cloud.dataset.sample_index import Keys, Rows, SampleIndex, make_keys, make_rows
from contract.holdout import SPLITS, Split, assign_split
from contract.labels import label_key
from contract.samples import SAMPLE_ID_BYTES

SampleKey = tuple[str, bytes]

NOBODY = -1
"""The number of a device, or of a label, that a ledger does not know."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The row that counts of one sample."""

    revision: int
    split: Split
    label: str
    """The label's key, not its spelling."""


@dataclass(slots=True)
class Ledger:
    """Every sample of a pool with the row that counts, and how many photos each label has."""

    photos: Counter[str] = field(default_factory=Counter)
    """By the labels' keys."""
    _index: SampleIndex = field(default_factory=SampleIndex)
    _devices: dict[str, int] = field(default_factory=dict)
    _labels: dict[str, int] = field(default_factory=dict)
    _keys: list[str] = field(default_factory=list)
    """Of labels, by their numbers."""

    def __len__(self) -> int:
        """Return how many samples there are, those that were corrected lately maybe twice."""
        return len(self._index)

    def find(self, device: str, sample_ids: NDArray[np.uint8]) -> list[LedgerRow | None]:
        """Return of each sample (k, 16) of a device the row that counts; None where there is none."""
        number = self._devices.get(device)
        if number is None:
            return [None] * len(sample_ids)
        found, rows = self._index.find(make_keys(np.full(len(sample_ids), number), sample_ids))
        return [
            LedgerRow(revision, SPLITS[split], self._keys[label]) if is_there else None
            for is_there, (revision, label, split) in zip(found.tolist(), rows.tolist(), strict=True)
        ]

    def absorb(self, columns: Columns) -> None:
        """Add the rows of a shard, whose splits are decided."""
        keys, rows, splits = self._best_of(columns)
        found, present = self._index.find(keys)
        newer = ~found | (rows["revision"] > present["revision"])
        rows["split"] = np.where(found, present["split"], splits)
        for labels, step in ((rows["label"][newer], 1), (present["label"][newer & found], -1)):
            for label, count in enumerate(np.bincount(labels).tolist()):
                if count:
                    self.photos[self._keys[label]] += step * count
        self._index.put(keys[newer], rows[newer])

    def labels_of(self, columns: Columns) -> NDArray[np.int64]:
        """Return for each row of a shard (n,) the number of the label that counts for its sample, -1 for none."""
        found, rows = self._index.find(self._keys_of(columns))
        return np.where(found, rows["label"].astype(np.int64), NOBODY)

    def number_of(self, label: str) -> int:
        """Return the number of a label in any spelling; -1 where no row has had it."""
        return self._labels.get(label_key(label), NOBODY)

    def _best_of(self, columns: Columns) -> tuple[Keys, Rows, NDArray[np.uint8]]:
        """Return each sample of a shard once, with its row of the highest revision, and the split of its first one."""
        table = np.array([self._number(label) for label in columns.labels], np.int64)
        keys = self._keys_of(columns)
        rows = make_rows(columns.revisions, table[columns.label_index], columns.splits)
        _, first, group = np.unique(keys, return_index=True, return_inverse=True)
        order = np.lexsort((-np.arange(len(keys)), columns.revisions, group))  # of equal ones, the first counts
        best = order[np.searchsorted(group[order], np.arange(len(first)), side="right") - 1]
        return keys[first], rows[best], columns.splits[first]

    def _keys_of(self, columns: Columns) -> Keys:
        devices = [self._devices.setdefault(device, len(self._devices)) for device in columns.devices]
        return make_keys(np.array(devices, np.int64)[columns.device_index], columns.sample_ids)

    def _number(self, label: str) -> int:
        key = label_key(label)
        number = self._labels.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
        return number


@dataclass(slots=True)
class LedgerDraft:
    """Decisions on rows that are to be merged. The ledger below stays as it is until they are."""

    below: Ledger
    salt: bytes = field(default=b"", repr=False)
    """A secret of at most 64 bytes; without one, ids are believed."""
    rows: dict[SampleKey, LedgerRow] = field(default_factory=dict)
    """Of the samples that were taken, the row that counts."""
    new_samples: int = 0
    """How many of these the ledger does not have."""
    _photos: Counter[str] = field(default_factory=Counter)
    """What they change of how many photos each label has."""

    def take_all(
        self, device: str, sample_ids: NDArray[np.uint8], *, revisions: Sequence[int], labels: Sequence[str]
    ) -> list[Split | None]:
        """Decide on rows of samples (k, 16) of a device, one after another: return the split of each that is taken.

        None: the ledger, or a row before it, is at least as new.
        """
        below = self.below.find(device, sample_ids)
        rows = zip(sample_ids, revisions, labels, below, strict=True)
        return [self._take((device, id_.tobytes()), revision, label, row) for id_, revision, label, row in rows]

    def take(self, sample: SampleKey, *, revision: int, label: str) -> Split | None:
        """Decide on one row, as `take_all` does."""
        device, id_ = sample
        ids = np.frombuffer(id_, np.uint8).reshape(1, SAMPLE_ID_BYTES)
        return self.take_all(device, ids, revisions=[revision], labels=[label])[0]

    def _take(self, sample: SampleKey, revision: int, label: str, below: LedgerRow | None) -> Split | None:
        key = label_key(label)
        present = self.rows.get(sample) or below
        if present is not None and revision <= present.revision:
            return None
        before = self.below.photos[key] + self._photos[key]
        split = present.split if present else assign_split(self._drawn(sample[1]), before)
        if present is not None:
            self._photos[present.label] -= 1
        else:
            self.new_samples += 1
        self.rows[sample] = LedgerRow(revision, split, key)
        self._photos[key] += 1
        return split

    def _drawn(self, sample_id: bytes) -> bytes:
        if not self.salt:
            return sample_id
        return hashlib.blake2b(sample_id, key=self.salt, digest_size=SAMPLE_ID_BYTES).digest()


def base_ledger(labels: Sequence[str], photos: Sequence[int]) -> Ledger:
    """Make a ledger that holds nothing but the photos of the training bundle: so many of each label."""
    return Ledger(photos=Counter({label_key(label): count for label, count in zip(labels, photos, strict=True)}))


def spell(labels: Iterable[str]) -> dict[str, str]:
    """Map the key of each label to its first spelling, in order of appearance."""
    spellings: dict[str, str] = {}
    for label in labels:
        spellings.setdefault(label_key(label), label)
    return spellings
