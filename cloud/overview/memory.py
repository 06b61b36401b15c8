"""What a reader of overviews remembers of pools, so that what never changes in a store is read once.

A look remembers what it asked for and forgets the rest: names and samples that were erased are in no pointer any more,
so they are gone with the next look. A pool at which nobody looks is forgotten as others are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cloud.dataset.columns import Columns
from cloud.overview.samples import SampleSummary
from cloud.releases.stored import Release
from cloud.store.keys import Pool

MAX_ROWS = 4_000_000
MAX_RELEASES = 10_000
FORGOTTEN_AFTER_S = 3600.0

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class Kept(Generic[Key, Value]):
    """Values of the look before, and those of this one. Safe to use from several threads."""

    before: dict[Key, Value] = field(default_factory=dict)
    now: dict[Key, Value] = field(default_factory=dict)

    def get(self, key: Key, read: Callable[[], Value]) -> Value:
        """Return a value, which `read` makes where it is not known; it raises as that does."""
        known = self.now.get(key, self.before.get(key))
        value = read() if known is None else known
        self.now[key] = value
        return value


@dataclass(slots=True)
class PoolMemory:
    """What is known of one pool as somebody looks at it."""

    columns: Kept[str, Columns] = field(default_factory=Kept)
    """By shard."""
    releases: Kept[str, Release] = field(default_factory=Kept)
    """By name."""
    summaries: Kept[tuple[str, int], SampleSummary] = field(default_factory=Kept)
    """By commit, and of how many shards."""

    def next(self) -> PoolMemory:
        """Return the memory for the next look."""
        return PoolMemory(Kept(self.columns.now), Kept(self.releases.now), Kept(self.summaries.now))

    def count_rows(self) -> int:
        """Count the rows of all columns."""
        return sum(map(len, self.columns.now.values()))


@dataclass(slots=True)
class Memory:
    """What is known of all pools of a store. Several threads may use it, of different pools."""

    _pools: dict[Pool, tuple[float, PoolMemory]] = field(default_factory=dict)
    """With when somebody looked."""

    def begin(self, pool: Pool) -> PoolMemory:
        """Return the memory for a look at a pool."""
        return self._pools.get(pool, (0.0, PoolMemory()))[1].next()

    def end(self, pool: Pool, memory: PoolMemory, *, now: float) -> None:
        """Remember of a pool what a look asked for, and no more; no columns or releases beyond those bounds."""
        others = [one for name, (_, one) in list(self._pools.items()) if name != pool]
        kept = PoolMemory(Kept(now=memory.columns.now), Kept(now=memory.releases.now), Kept(now=memory.summaries.now))
        if kept.count_rows() + sum(one.count_rows() for one in others) > MAX_ROWS:
            kept.columns = Kept()
        if len(kept.releases.now) + sum(len(one.releases.now) for one in others) > MAX_RELEASES:
            kept.releases = Kept()
        self._pools[pool] = now, kept

    def forget(self, *, all_but: Set[Pool], now: float) -> None:
        """Forget the pools that are not there any more, and those at which nobody has looked for long."""
        for pool, (looked, _) in list(self._pools.items()):
            if pool not in all_but or now - looked > FORGOTTEN_AFTER_S:
                del self._pools[pool]
