"""Shards that no pointer names any more: what a merge put together, or wrote before it lost a race or was killed.

They stay for a day, for whoever has read the pointer before and reads them now. Nobody writes down when one lost its
name: a process that merges a pool looks now and then, and deletes what it saw without a name a day ago already. After a
restart it begins anew. An erasure need not wait: `cloud.dataset.erase` deletes all of them.

Only whoever may merge a pool may sweep it, and not while it merges: a shard gets its name after it was written.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.shards import ShardRef
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import keys_under
from cloud.store.store import ObjectStore

logger = logging.getLogger(__name__)

KEPT_S = 86_400.0
LOOK_EVERY_S = 21_600.0


@dataclass(slots=True)
class Leftovers:
    """What this process has seen of them. Times are of a monotonic clock, in seconds."""

    _seen: dict[Pool, dict[str, float]] = field(default_factory=dict)
    """Of each pool the keys that have no name, and since when."""
    _looked: dict[Pool, float] = field(default_factory=dict)

    def sweep(self, store: ObjectStore, pool: Pool, *, clock: float) -> int:
        """Delete what has had no name for a day; return how many that were. Looks only now and then.

        Raises:
            StoreError, Damaged: the store failed, or the pointer cannot be read.
        """
        looked = self._looked.get(pool)
        if looked is not None and clock - looked < LOOK_EVERY_S:
            return 0
        self._looked[pool] = clock
        present = list(keys_under(store, keys.pool_shards(pool)))
        dataset, _ = dataset_pointer.read(store, pool)
        named = {keys.shard(pool, ref.sha256) for ref in dataset.shards}
        before = self._seen.get(pool, {})
        seen = {key: before.get(key, clock) for key in present if key not in named}
        old = [key for key, since in seen.items() if clock - since >= KEPT_S]
        for key in old:
            store.delete(key)
            del seen[key]
        self._seen[pool] = seen
        if old:
            logger.info("%d shards of %s that nothing names were deleted", len(old), pool.path)
        return len(old)

    def forget(self, pool: Pool) -> None:
        """Forget what was seen of a pool."""
        self._seen.pop(pool, None)
        self._looked.pop(pool, None)


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
