"""A shard without some of its rows. Pure: its tables name nothing of what went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.columns import Columns

Entry = TypeVar("Entry")


def keep_rows(columns: Columns, kept: NDArray[np.bool_]) -> Columns:
    """Return the columns of the rows that are `kept` (n,), in their order; no table has more than they use."""
    used, arrival_index = np.unique(columns.arrival_index[kept], return_inverse=True)
    arrivals = columns.arrivals[used]
    labels, label_index = _used(columns.labels, columns.label_index[kept])
    devices, device_index = _used(columns.devices, arrivals.device_index)
    self_tests, self_test_index = _used(columns.self_tests, arrivals.self_test_index)
    return replace(
        columns,
        labels=labels,
        devices=devices,
        self_tests=self_tests,
        arrivals=replace(arrivals, device_index=device_index, self_test_index=self_test_index),
        sample_ids=columns.sample_ids[kept],
        revisions=columns.revisions[kept],
        label_index=label_index,
        arrival_index=arrival_index.astype(np.uint32),
        splits=columns.splits[kept],
    )


def _used(table: Sequence[Entry], index: NDArray[Any]) -> tuple[tuple[Entry, ...], NDArray[np.uint32]]:
    """Return the entries of a table that an index names, and the index into these."""
    places, renumbered = np.unique(index, return_inverse=True)
    return tuple(table[place] for place in places.tolist()), renumbered.astype(np.uint32)
