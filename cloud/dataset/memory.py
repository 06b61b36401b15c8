"""What a process remembers between merges. Everything in it can be read again from the store.

Shards are immutable, so their columns are read once, and a merge costs what is new and not what is there. Of the
training bundle it learns the features' shape and how many photos each label has, never a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud.dataset import shards
from cloud.dataset.columns import Columns
from cloud.dataset.ledger import Ledger, base_ledger
from cloud.dataset.leftovers import Leftovers
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.shards import ShardRef
from cloud.spaces.base_counts import read_base_counts
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore


@dataclass(slots=True)
class PoolMemory:
    """What is known of one pool."""

    feature_shape: tuple[int, ...]
    ledger: Ledger
    absorbed: list[ShardRef] = field(default_factory=list)

    def absorb(self, columns: Columns, *, shards: Sequence[ShardRef]) -> None:
        """Add rows, after which these shards are what is known."""
        self.ledger.absorb(columns)
        self.absorbed = list(shards)


@dataclass(slots=True)
class MergeMemory:
    """What is known of every pool that this process merged. Not for use by several threads at once."""

    finished: dict[Pool, str] = field(default_factory=dict)
    """Of each pool the last journal whose receipts are surely written; an older one is never looked for."""
    leftovers: Leftovers = field(default_factory=Leftovers)
    _pools: dict[Pool, PoolMemory] = field(default_factory=dict)

    def catch_up(self, store: ObjectStore, pool: Pool, dataset: DatasetPointer) -> PoolMemory:
        """Return what is known of a pool, up to this state of its dataset.

        Raises:
            NotFound: the space is not registered, or a shard is gone.
            Damaged: one of them cannot be read.
        """
        memory = self._pools.get(pool)
        if memory is None or tuple(memory.absorbed) != dataset.shards[: len(memory.absorbed)]:
            memory = self._pools[pool] = _begin(store, pool)
        for ref in dataset.shards[len(memory.absorbed) :]:
            memory.absorb(shards.read_columns(store, pool, ref), shards=[*memory.absorbed, ref])
        return memory


def _begin(store: ObjectStore, pool: Pool) -> PoolMemory:
    base = read_base_counts(store, pool.space)
    return PoolMemory(base.feature_shape, base_ledger(base.labels, base.photos))
