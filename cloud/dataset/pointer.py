"""The only home of the pointer to a pool's dataset: which shards it has, how much that is, and what was merged last.

::

    {"format": 1, "commit": ..., "ancestors": [...],
     "shards": [{"sha256": ..., "size": bytes, "rows": n}, ...],      in the order of merging
     "samples": n, "rows": n, "uploads": n,                           in total
     "journal": "<sha256 of the shard that the last merge wrote>"}

Upload ids stand in shard headers, so that the pointer stays small. It moves only when rows were added, so its commit
says whether there is anything new to train on.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged
from cloud.store import keys, pointer
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore

logger = logging.getLogger(__name__)

DATASET_FORMAT = 1


@dataclass(frozen=True, slots=True)
class DatasetPointer:
    """What a pool's dataset is at one commit."""

    commit: str
    shards: tuple[ShardRef, ...]
    samples: int
    """Distinct samples."""
    rows: int
    """Samples and their corrections: grows with everything that is worth training on."""
    uploads: int
    journal: str | None
    """The shard whose uploads may still wait for their receipts."""


EMPTY = DatasetPointer(commit="", shards=(), samples=0, rows=0, uploads=0, journal=None)


def read(store: ObjectStore, pool: Pool) -> tuple[DatasetPointer, pointer.Pointer | None]:
    """The dataset's pointer, `EMPTY` where nothing was merged yet, and what to hand to `swap`.

    Raises:
        Damaged: it is not one.
    """
    key = keys.dataset_pointer(pool)
    head = pointer.read(store, key)
    if head is None:
        return EMPTY, None
    try:
        return _parse(head.document), head
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{key}: expected a dataset's pointer, got one without {error}") from error


def swap(
    store: ObjectStore, pool: Pool, dataset: DatasetPointer, *, previous: pointer.Pointer | None
) -> DatasetPointer:
    """Move the pointer; returns the dataset under its new commit. Raises as ``pointer.swap`` does."""
    document = asdict(dataset) | {"format": DATASET_FORMAT}
    return _parse(pointer.swap(store, keys.dataset_pointer(pool), previous=previous, document=document).document)


def pools(store: ObjectStore) -> list[Pool]:
    """Every pool with a dataset: one LIST of one key for each, and one more."""
    found: list[Pool] = []
    after = ""
    while listed := store.list(keys.DATASETS, after=after, limit=1):
        after = listed[0]
        try:
            found.append(keys.parse_pool(listed[0]))
        except Damaged as error:  # a stray object must not hide the pools behind it
            logger.warning("left among the datasets: %s", error)
        else:
            after = keys.after_pool(keys.DATASETS, found[-1])
    return found


def _parse(document: Any) -> DatasetPointer:
    if document["format"] != DATASET_FORMAT:
        raise ValueError(f"format {DATASET_FORMAT}")
    return DatasetPointer(
        commit=str(document["commit"]),
        shards=tuple(ShardRef(str(one["sha256"]), int(one["size"]), int(one["rows"])) for one in document["shards"]),
        samples=int(document["samples"]),
        rows=int(document["rows"]),
        uploads=int(document["uploads"]),
        journal=document["journal"],
    )
