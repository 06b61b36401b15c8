"""How many base photos each label of a space has, read without the features they came with.

A training bundle may have 4 GiB, nearly all of it the head and the features of base samples. A merge needs the shape of
a feature and these counts: two small files, and of base.tensors its header and the column of labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from cloud.store.tensor_files import open_tensor_file
from contract.arrays import check_below, require_array
from contract.bundle_files import (
    BUNDLE_FILE,
    LABELS_FILE,
    BundleFacts,
    parse_bundle_document,
    parse_bundle_labels,
    parse_labels_reference,
    parse_reference,
)
from contract.training_bundle import BASE_FILE, KIND, MAX_BASE_BYTES

_LABELS = "labels"


@dataclass(frozen=True, slots=True)
class BaseCounts:
    """What a merge must know of a space."""

    feature_shape: tuple[int, ...]
    labels: tuple[str, ...]
    photos: tuple[int, ...]
    """Of each label."""


def read_base_counts(store: ObjectStore, space: str) -> BaseCounts:
    """Count the base photos of each label of a registered space.

    The document, the labels and the size of base.tensors are checked; the hash of base.tensors is not, which would mean
    reading it: a registration checks it before, and a training cycle afterwards.

    Raises:
        NotFound: the space is not registered.
        Damaged: one of its files is not what its document says.
    """
    where = keys.space_file(space, "")
    with reading(where):
        fields = parse_bundle_document(store.get(keys.space_file(space, BUNDLE_FILE)).body, kind=KIND)
        encoded = store.get(keys.space_file(space, LABELS_FILE)).body
        parse_labels_reference(fields).check(encoded, where=LABELS_FILE)
        labels = parse_bundle_labels(encoded)
        size = parse_reference(fields, "base", max_bytes=MAX_BASE_BYTES).size
        photos = _count(store, keys.space_file(space, BASE_FILE), size=size, classes=len(labels))
        return BaseCounts(BundleFacts.parse(fields).feature_shape, labels, photos)


def _count(store: ObjectStore, key: str, *, size: int, classes: int) -> tuple[int, ...]:
    file = open_tensor_file(store, key)
    if file.size != size:
        raise Damaged(f"{key}: expected {size} bytes, got {file.size}")
    column, where = file.read((_LABELS,))[_LABELS], f"{BASE_FILE}.{_LABELS}"
    labels = require_array(column, np.uint32, shape=(column.size,), where=where)
    check_below(labels, classes, where=where)
    return tuple(np.bincount(labels.astype(np.int64), minlength=classes).tolist())
