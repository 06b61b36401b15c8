"""What a process remembers between merges. Everything in it can be read again from the store.

Shards are immutable, so their columns are read once, and a merge costs what is new and not what is there. Of the
training bundle it learns the features' shape and how many photos each label has, never a feature.

Nothing of it is on a disk: the columns of a million samples are read again in seconds, and what was erased is nowhere.
What is known belongs to the shards that it was read from: where the pointer names others, as after an erasure, a
restore, or in another store, it is read anew. The pools that were merged longest ago are forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud.dataset import shards
from cloud.dataset.columns import Columns
from cloud.dataset.ledger import Ledger, base_ledger
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.shards import ShardRef
from cloud.spaces.base_counts import read_base_counts
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore

MAX_POOLS = 1000
MAX_SAMPLES = 16_000_000
"""Of all pools but the one that is merged: half a gigabyte."""


@dataclass(slots=True)
class PoolMemory:
    """What is known of one pool."""

    feature_shape: tuple[int, ...]
    ledger: Ledger
    absorbed: tuple[ShardRef, ...] = ()

    def absorb(self, columns: Columns, *, shards: Sequence[ShardRef]) -> None:
        """Add rows, after which these shards are what is known."""
        self.ledger.absorb(columns)
        self.absorbed = tuple(shards)


@dataclass(slots=True)
class MergeMemory:
    """What is known of the pools that this process merged last. Not for use by several threads at once."""

    finished: dict[Pool, str] = field(default_factory=dict)
    """Of each pool the last journal whose receipts are surely written; an older one is never looked for."""
    _pools: dict[Pool, PoolMemory] = field(default_factory=dict)
    """The one that was merged last is the last."""

    def catch_up(self, store: ObjectStore, pool: Pool, dataset: DatasetPointer) -> PoolMemory:
        """Return what is known of a pool, up to this state of its dataset.

        Raises:
            NotFound: the space is not registered, or a shard is gone.
            Damaged: one of them cannot be read.
        """
        memory = self._pools.pop(pool, None)
        if memory is None or memory.absorbed != dataset.shards[: len(memory.absorbed)]:
            memory = _begin(store, pool)
        for ref in dataset.shards[len(memory.absorbed) :]:
            memory.absorb(shards.read_columns(store, pool, ref), shards=(*memory.absorbed, ref))
        self._forget_oldest()
        self._pools[pool] = memory
        return memory

    def _forget_oldest(self) -> None:
        """Forget the pools that were merged longest ago, where there are too many."""
        samples = sum(len(one.ledger) for one in self._pools.values())
        while len(self._pools) >= MAX_POOLS or samples > MAX_SAMPLES:
            oldest = next(iter(self._pools))
            samples -= len(self._pools.pop(oldest).ledger)
            self.finished.pop(oldest, None)


def _begin(store: ObjectStore, pool: Pool) -> PoolMemory:
    base = read_base_counts(store, pool.space)
    return PoolMemory(base.feature_shape, base_ledger(base.labels, base.photos))
