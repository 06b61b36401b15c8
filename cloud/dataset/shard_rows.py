"""A shard without some of its rows. Pure: its tables name nothing of what went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.shards import Columns

Entry = TypeVar("Entry")


def keep_rows(columns: Columns, kept: NDArray[np.bool_]) -> Columns:
    """Return the columns of the rows that are `kept` (n,), in their order; no table has more than they use."""
    labels, label_index = _used(columns.labels, columns.label_index[kept])
    devices, device_index = _used(columns.devices, columns.device_index[kept])
    uploads, upload_index = _used(columns.uploads, columns.upload_index[kept])
    places = dict(zip(columns.uploads, columns.upload_self_tests, strict=True))
    of_uploads = np.array([places[name] for name in uploads], np.uint32)
    self_tests, upload_self_tests = _used(columns.self_tests, of_uploads)
    return replace(
        columns,
        labels=labels,
        devices=devices,
        uploads=uploads,
        self_tests=self_tests,
        upload_self_tests=tuple(upload_self_tests.tolist()),
        sample_ids=columns.sample_ids[kept],
        revisions=columns.revisions[kept],
        label_index=label_index,
        device_index=device_index,
        upload_index=upload_index,
        splits=columns.splits[kept],
    )


def _used(table: Sequence[Entry], index: NDArray[Any]) -> tuple[tuple[Entry, ...], NDArray[np.uint32]]:
    """Return the entries of a table that an index names, and the index into these."""
    places, renumbered = np.unique(index, return_inverse=True)
    return tuple(table[place] for place in places.tolist()), renumbered.astype(np.uint32)
