"""Who said what: each sample once, with what was said of it last. Pure: columns of shards in, no feature is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.columns import Columns
from cloud.dataset.ledger import spell
from cloud.dataset.reader import choose_rows, number_devices
from contract.holdout import Split
from contract.labels import label_key


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is said of n samples."""

    labels: tuple[str, ...]
    """In their first spelling: those given, then others as they first appeared."""
    label_index: NDArray[np.int64]
    """(n,)."""
    held_out: NDArray[np.bool_]
    """(n,)."""
    devices: tuple[str, ...]
    device_index: NDArray[np.int64]
    """(n,)."""


def what_was_said(columns: Sequence[Columns], *, labels: Sequence[str] = ()) -> Said:
    """Put the columns of shards together, in the order of merging; `labels` come first."""
    spellings = spell([*labels, *(label for one in columns for label in one.labels)])
    classes = {name: place for place, name in enumerate(spellings)}
    names, numbers = number_devices(columns)
    first, best, _ = choose_rows(columns, numbers)
    index = _join([_classes(one, classes)[one.label_index] for one in columns])
    splits = _join([one.splits for one in columns])
    return Said(tuple(spellings.values()), index[best], splits[first] == Split.HELD_OUT.code, names, numbers[first])


def _classes(columns: Columns, classes: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([classes[label_key(label)] for label in columns.labels], np.int64)


def _join(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    joined: NDArray[np.int64] = np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
    return joined
