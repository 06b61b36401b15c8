"""A shard in the making: uploads go in, row by row as the rule of `cloud.dataset.ledger` decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Arrivals, Columns
from cloud.dataset.ledger import LedgerDraft
from cloud.store.keys import InboxUpload
from contract.codecs import EncodedFeatures
from contract.self_test import SelfTest
from contract.upload import Upload

BYTES_A_ROW, BYTES_A_NAME = 64, 1024
"""More than a row or an upload, and an entry of a table, take beside features."""


@dataclass(slots=True)
class _Numbers:
    """The index columns so far, of the rows and of the uploads."""

    revisions: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    arrivals: list[int] = field(default_factory=list)
    splits: list[int] = field(default_factory=list)
    devices: list[int] = field(default_factory=list)
    self_tests: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ShardDraft:
    """A shard in the making."""

    feature_shape: tuple[int, ...]
    decisions: LedgerDraft
    now: int
    """When it is merged, Unix seconds."""
    uploads: list[InboxUpload] = field(default_factory=list)
    _labels: dict[str, int] = field(default_factory=dict)
    _devices: dict[str, int] = field(default_factory=dict)
    _self_tests: dict[SelfTest, int] = field(default_factory=dict)
    _numbers: _Numbers = field(default_factory=_Numbers)
    _sample_ids: list[NDArray[np.uint8]] = field(default_factory=list)
    _blocks: BlockWriter = field(default_factory=BlockWriter)
    _bytes: int = 0

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return len(self._numbers.splits)

    @property
    def new_samples(self) -> int:
        """Of these, the ones whose sample was not in the dataset."""
        return self.decisions.new_samples

    @property
    def size(self) -> int:
        """At most how many bytes the shard has."""
        return self._bytes + BYTES_A_ROW * (self.rows + len(self.uploads)) + BYTES_A_NAME * self._names

    @property
    def _names(self) -> int:
        return len(self._labels) + len(self._devices) + len(self._self_tests)

    def add(self, upload: InboxUpload, content: Upload, encoded: EncodedFeatures) -> None:
        """Take those rows of an upload that are newer than what the dataset has, with their features as they came."""
        revisions = content.revisions.tolist()
        splits = self.decisions.take_all(upload.device, content.sample_ids, revisions=revisions, labels=content.labels)
        taken = [row for row, split in enumerate(splits) if split is not None]
        self._numbers.splits += [split.code for split in splits if split is not None]
        self._numbers.revisions += [revisions[row] for row in taken]
        self._numbers.labels += [self._labels.setdefault(content.labels[row], len(self._labels)) for row in taken]
        self._numbers.arrivals += [len(self.uploads)] * len(taken)
        self.uploads.append(upload)
        self._numbers.devices.append(self._devices.setdefault(upload.device, len(self._devices)))
        self._numbers.self_tests.append(self._self_tests.setdefault(content.self_test, len(self._self_tests)))
        self._sample_ids.append(content.sample_ids[taken])
        self._blocks.add(encoded.take(np.array(taken, np.int64)))
        self._bytes += len(taken) * encoded.nbytes // len(encoded)

    def build(self) -> tuple[Columns, BlockWriter]:
        """Return the columns, and the features as they came."""
        numbers = self._numbers
        columns = Columns(
            feature_shape=self.feature_shape,
            labels=tuple(self._labels),
            devices=tuple(self._devices),
            self_tests=tuple(self._self_tests),
            arrivals=self._arrivals(),
            sample_ids=np.concatenate(self._sample_ids),
            revisions=np.array(numbers.revisions, np.uint32),
            label_index=np.array(numbers.labels, np.uint32),
            arrival_index=np.array(numbers.arrivals, np.uint32),
            splits=np.array(numbers.splits, np.uint8),
        )
        return columns, self._blocks

    def _arrivals(self) -> Arrivals:
        ids = b"".join(bytes.fromhex(upload.sha256) for upload in self.uploads)
        return Arrivals(
            ids=np.frombuffer(ids, np.uint8).reshape(len(self.uploads), -1),
            device_index=np.array(self._numbers.devices, np.uint32),
            generations=np.array([upload.generation for upload in self.uploads], np.uint32),
            self_test_index=np.array(self._numbers.self_tests, np.uint32),
            merged=np.full(len(self.uploads), self.now, np.uint64),
        )
