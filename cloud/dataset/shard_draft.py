"""The only home of building a shard: uploads go in, row by row as the rule of ``cloud.dataset.ledger`` decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.ledger import Draft
from cloud.dataset.shards import Columns
from cloud.store.keys import Arrival
from contract.upload import Upload


@dataclass(slots=True)
class _Numbers:
    """The index columns of the rows so far."""

    revisions: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    devices: list[int] = field(default_factory=list)
    arrivals: list[int] = field(default_factory=list)
    splits: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ShardDraft:
    """A shard in the making."""

    feature_shape: tuple[int, ...]
    decisions: Draft
    arrivals: list[Arrival] = field(default_factory=list)
    _labels: dict[str, int] = field(default_factory=dict)
    _devices: dict[str, int] = field(default_factory=dict)
    _numbers: _Numbers = field(default_factory=_Numbers)
    _sample_ids: list[NDArray[np.uint8]] = field(default_factory=list)
    _features: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return len(self._numbers.splits)

    @property
    def new_samples(self) -> int:
        """Of these, the ones whose sample was not in the dataset."""
        return self.decisions.new_samples

    def add(self, arrival: Arrival, upload: Upload) -> None:
        """Take the rows of an upload that are newer than what is there."""
        taken = [row for row in range(upload.count) if self._take(arrival, upload, row)]
        self.arrivals.append(arrival)
        self._sample_ids.append(upload.sample_ids[taken])
        self._features.append(upload.features[taken])

    def build(self) -> tuple[Columns, NDArray[np.float32]]:
        """Columns, and features float32 (n, *shape)."""
        numbers = self._numbers
        columns = Columns(
            feature_shape=self.feature_shape,
            labels=tuple(self._labels),
            devices=tuple(self._devices),
            arrivals=tuple(arrival.name for arrival in self.arrivals),
            sample_ids=np.concatenate(self._sample_ids),
            revisions=np.array(numbers.revisions, np.uint32),
            label_index=np.array(numbers.labels, np.uint32),
            device_index=np.array(numbers.devices, np.uint32),
            arrival_index=np.array(numbers.arrivals, np.uint32),
            splits=np.array(numbers.splits, np.uint32),
        )
        return columns, np.concatenate(self._features)

    def _take(self, arrival: Arrival, upload: Upload, row: int) -> bool:
        label, revision = upload.labels[row], int(upload.revisions[row])
        sample = (arrival.device, upload.sample_ids[row].tobytes())
        split = self.decisions.take(sample, revision=revision, label=label)
        if split is None:
            return False
        self._numbers.revisions.append(revision)
        self._numbers.labels.append(self._labels.setdefault(label, len(self._labels)))
        self._numbers.devices.append(self._devices.setdefault(arrival.device, len(self._devices)))
        self._numbers.arrivals.append(len(self.arrivals))
        self._numbers.splits.append(split.code)
        return True
