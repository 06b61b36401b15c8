"""A shard in the making: uploads go in, row by row as the rule of `cloud.dataset.ledger` decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.ledger import LedgerDraft
from cloud.dataset.shards import Columns
from cloud.store.keys import InboxUpload
from contract.self_test import SelfTest
from contract.upload import Upload


@dataclass(slots=True)
class _Numbers:
    """The index columns of the rows so far."""

    revisions: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    devices: list[int] = field(default_factory=list)
    uploads: list[int] = field(default_factory=list)
    splits: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ShardDraft:
    """A shard in the making."""

    feature_shape: tuple[int, ...]
    decisions: LedgerDraft
    uploads: list[InboxUpload] = field(default_factory=list)
    _labels: dict[str, int] = field(default_factory=dict)
    _devices: dict[str, int] = field(default_factory=dict)
    _self_tests: dict[SelfTest, int] = field(default_factory=dict)
    _upload_self_tests: list[int] = field(default_factory=list)
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

    def add(self, upload: InboxUpload, content: Upload) -> None:
        """Take those rows of an upload that are newer than what the dataset has."""
        taken = [row for row in range(content.count) if self._take(upload, content, row)]
        self.uploads.append(upload)
        self._upload_self_tests.append(self._self_tests.setdefault(content.self_test, len(self._self_tests)))
        self._sample_ids.append(content.sample_ids[taken])
        self._features.append(content.features[taken])

    def build(self) -> tuple[Columns, NDArray[np.float32]]:
        """Return the columns, and the features float32 (n, *shape)."""
        numbers = self._numbers
        columns = Columns(
            feature_shape=self.feature_shape,
            labels=tuple(self._labels),
            devices=tuple(self._devices),
            uploads=tuple(upload.name for upload in self.uploads),
            self_tests=tuple(self._self_tests),
            upload_self_tests=tuple(self._upload_self_tests),
            sample_ids=np.concatenate(self._sample_ids),
            revisions=np.array(numbers.revisions, np.uint32),
            label_index=np.array(numbers.labels, np.uint32),
            device_index=np.array(numbers.devices, np.uint32),
            upload_index=np.array(numbers.uploads, np.uint32),
            splits=np.array(numbers.splits, np.uint32),
        )
        return columns, np.concatenate(self._features)

    def _take(self, upload: InboxUpload, content: Upload, row: int) -> bool:
        label, revision = content.labels[row], int(content.revisions[row])
        sample = (upload.device, content.sample_ids[row].tobytes())
        split = self.decisions.take(sample, revision=revision, label=label)
        if split is None:
            return False
        self._numbers.revisions.append(revision)
        self._numbers.labels.append(self._labels.setdefault(label, len(self._labels)))
        self._numbers.devices.append(self._devices.setdefault(upload.device, len(self._devices)))
        self._numbers.uploads.append(len(self.uploads))
        self._numbers.splits.append(split.code)
        return True
