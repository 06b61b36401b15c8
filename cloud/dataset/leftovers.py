"""Shards that no pointer names any more: what a merge put together, or wrote before it lost a race or was killed.

They stay for a day, for whoever has read the pointer before and reads them now (`cloud.worker.tidying`). An erasure
need not wait: `cloud.dataset.erase` deletes all of them.

Only whoever may merge a pool may delete them, and not while it merges: a shard gets its name after it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.shards import ShardRef
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import entries_under
from cloud.store.store import ListedObject, ObjectStore


def unnamed_shards(store: ObjectStore, pool: Pool, dataset: DatasetPointer) -> Iterator[ListedObject]:
    """Yield the shards of a pool that its dataset does not name. Raises `StoreError`."""
    named = {keys.shard(pool, ref.sha256) for ref in dataset.shards}
    return (one for one in entries_under(store, keys.pool_shards(pool)) if one.key not in named)


def take_back(store: ObjectStore, pool: Pool, refs: Sequence[ShardRef]) -> None:
    """Delete shards that were written here for a pointer which lost its race: they may hold what was erased meanwhile.

    Nobody else wrote the same ones, so what the pointer does not name now, none ever will.

    Raises:
        StoreError, Damaged: the store failed, or the pointer cannot be read.
    """
    dataset, _ = dataset_pointer.read(store, pool)
    named = {ref.sha256 for ref in dataset.shards}
    for ref in refs:
        if ref.sha256 not in named:
            store.delete(keys.shard(pool, ref.sha256))
