"""The index of a ledger: of each sample the row that counts, in sorted arrays of some 30 bytes a sample.

A key is the number of a device and a sample's id. Rows lie in a few runs, each sorted by key, the newest last; what a
newer run says of a sample counts. A run that is not much smaller than the one before becomes one with it, so that there
are few, and adding a row costs what the logarithm says. Nothing is written: shards are read again instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.samples import SAMPLE_ID_BYTES

KEY: np.dtype[np.bytes_] = np.dtype(f"S{4 + SAMPLE_ID_BYTES}")
"""Of one length, so that they compare as their bytes do."""
ROW = np.dtype([("revision", "<u4"), ("label", "<u4"), ("split", "u1")])
MUCH_SMALLER = 4

Keys = NDArray[np.bytes_]
Rows = NDArray[np.void]
"""Of dtype `ROW`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    keys: Keys
    rows: Rows

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(slots=True)
class SampleIndex:
    """Of each sample the row that counts."""

    _runs: list[_Run] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many samples there are, those that were corrected lately maybe twice."""
        return sum(map(len, self._runs))

    def find(self, keys: Keys) -> tuple[NDArray[np.bool_], Rows]:
        """Return which of some keys (k,) are there, and their rows; of others zeros."""
        found, rows = np.zeros(len(keys), np.bool_), np.zeros(len(keys), ROW)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run.keys, keys), len(run) - 1)
            here = run.keys[places] == keys
            found |= here
            rows[here] = run.rows[places[here]]
        return found, rows

    def put(self, keys: Keys, rows: Rows) -> None:
        """Let these rows count for these keys, each of which is there once."""
        if not len(keys):
            return
        order = np.argsort(keys, kind="stable")
        self._runs.append(_Run(keys[order], rows[order]))
        while len(self._runs) > 1 and len(self._runs[-2]) < MUCH_SMALLER * len(self._runs[-1]):
            self._runs[-2:] = [_join(*self._runs[-2:])]


def make_keys(devices: NDArray[np.integer[Any]], sample_ids: NDArray[np.uint8]) -> Keys:
    """Return the keys of samples (k,) by the numbers of their devices (k,) and their ids (k, 16)."""
    joined = np.empty((len(sample_ids), KEY.itemsize), np.uint8)
    joined[:, :4] = devices.astype(">u4").reshape(-1, 1).view(np.uint8)
    joined[:, 4:] = sample_ids
    return joined.view(KEY).ravel()


def make_rows(revisions: NDArray[Any], labels: NDArray[Any], splits: NDArray[Any]) -> Rows:
    """Return rows by their fields, (k,) each."""
    rows = np.empty(len(revisions), ROW)
    rows["revision"], rows["label"], rows["split"] = revisions, labels, splits
    return rows


def count_distinct(keys: Sequence[Keys]) -> int:
    """Count the different keys of some arrays."""
    return len(np.unique(np.concatenate(keys))) if keys else 0


def _join(older: _Run, newer: _Run) -> _Run:
    places = np.searchsorted(older.keys, newer.keys)
    known = older.keys[np.minimum(places, len(older) - 1)] == newer.keys
    rows = older.rows.copy()
    rows[places[known]] = newer.rows[known]
    new = ~known
    return _Run(np.insert(older.keys, places[new], newer.keys[new]), np.insert(rows, places[new], newer.rows[new]))
