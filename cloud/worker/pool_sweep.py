"""The sweep of one pool: what nothing names goes, once it has been so for a day; and which releases keep their files.

::

    1  read                what the pointers name, what they named at the last sweep (`named`), which files are kept
    2  find                shards, releases and files without a name: those that had none a day ago either are old
    3  move the pointer    of the registry: it names no publication any more that is not kept, and passes the serials of
                           what is deleted. Whoever has read it before, and could name something of that, has lost
    4  delete              what is old, and records of trials of old cycles
    5  take down           what is named now, where that was a day ago, or nothing is left without a name

Killed before 3 nothing has happened; after it, what is not named is found again. By whoever holds the pool: nobody
publishes there, or merges. No clock but the store's counts, and none decides what is named: a wrong one takes something
away too early from somebody who is reading it still, and nothing else.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby, takewhile

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.leftovers import unnamed_shards
from cloud.dataset.pointer import DatasetPointer
from cloud.logs import fields
from cloud.releases import registry
from cloud.releases.leftovers import History, read_history, serials_of, unnamed_files, unnamed_releases
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import names_under
from cloud.store.store import ListedObject, ObjectStore
from cloud.worker import named
from cloud.worker.named import Named, Snapshot

KEPT_S = 86_400.0
MAX_DELETED = 1000
"""By one sweep: a pool is held no longer than that takes, and so much is in memory."""
DELETED_AT_ONCE = 8
MAX_SKEW_S = 3600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """What has no name."""

    old: tuple[ListedObject, ...] = ()
    """For a day, some of it."""
    is_all: bool = True
    """Whether there is no more that is old."""
    others: bool = False
    """Whether there is something that may not go yet."""


@dataclass(frozen=True, slots=True)
class PoolSweep:
    """Sweeps a pool that this worker holds."""

    store: ObjectStore
    pool: Pool
    fence: int
    newest: int
    """So many releases of each channel keep their files, and so many cycles the records of their trials."""
    kept_s: float = KEPT_S
    """For so long what has no name is kept."""

    def run(self, now: float) -> float | None:
        """Sweep once; return after how many seconds there is more to do, None where that needs something new first.

        `now` is in seconds of the store's clock.

        Raises:
            LostRace: somebody has decided of the pool, or holds it; nothing was deleted.
            Damaged: a pointer cannot be read.
            StoreError: the store failed.
        """
        recorded = registry.read(self.store, self.pool)
        dataset, _ = dataset_pointer.read(self.store, self.pool, fence=self.fence)
        history = read_history(self.store, self.pool, recorded, newest=self.newest)
        before = self._before(now)
        is_due = before is not None and before.at + self.kept_s <= now
        found = self._find(dataset, recorded, history, before if is_due else None, now=now)
        settled = self._settle(recorded, history, found.old)
        self._delete(found.old)
        if not found.is_all:
            return 0.0
        is_clean = not found.others and history is not None and settled.publications == recorded.publications
        releases = history.releases if history else frozenset[str]()
        standing = Named.of(dataset, settled, releases=releases, newest=self.newest, is_clean=is_clean)
        if before is None or is_due or (is_clean and before.named != standing):
            named.write(self.store, self.pool, standing)
            return None if is_clean else self.kept_s
        return None if is_clean else before.at + self.kept_s - now

    def _before(self, now: float) -> Snapshot | None:
        """Read what was taken down; not what was so by a clock that was ahead, as its day would never be over."""
        before = named.read(self.store, self.pool)
        return before if before is not None and before.at <= now + MAX_SKEW_S else None

    def _find(
        self, dataset: DatasetPointer, recorded: Registry, history: History | None, due: Snapshot | None, *, now: float
    ) -> _Found:
        """Look for what has no name; it is old where it had none at the time of `due`, either."""
        nameless = self._nameless(dataset, recorded, history)
        if due is None:
            return _Found(others=next(nameless, None) is not None)
        old: list[ListedObject] = []
        others = False
        for one in nameless:
            if not due.saw_nameless(self.pool, one, now=now):
                others = True
            elif len(old) < MAX_DELETED:
                old.append(one)
            else:
                return _Found(tuple(old), is_all=False, others=others)
        return _Found(tuple(old), others=others)

    def _nameless(self, dataset: DatasetPointer, recorded: Registry, history: History | None) -> Iterator[ListedObject]:
        shards = unnamed_shards(self.store, self.pool, dataset)
        if recorded.pointer is None:
            return shards
        files = unnamed_files(self.store, self.pool, recorded.publications)
        return chain(shards, files, unnamed_releases(self.store, self.pool, history.releases) if history else ())

    def _settle(self, recorded: Registry, history: History | None, old: tuple[ListedObject, ...]) -> Registry:
        """Move the registry's pointer, where something of releases goes, or is not kept any more."""
        kept = [one for one in recorded.publications if history is None or one in history.publications]
        shards, releases = keys.pool_shards(self.pool), keys.pool_releases(self.pool)
        if len(kept) == len(recorded.publications) and all(one.key.startswith(shards) for one in old):
            return recorded
        going = [one for one in old if one.key.startswith(releases)]
        return registry.settle(
            self.store,
            self.pool,
            previous=recorded,
            publications=kept,
            serials=serials_of(self.store, self.pool, going, recorded),
            fence=self.fence,
        )

    def _delete(self, old: tuple[ListedObject, ...]) -> None:
        with ThreadPoolExecutor(DELETED_AT_ONCE) as threads:
            list(threads.map(self.store.delete, [one.key for one in old]))
        trials = 0
        for name in old_trials(self.store, self.pool, newest=self.newest):
            self.store.delete(f"{keys.pool_trials(self.pool)}{name}")
            trials += 1
        if old or trials:
            line = fields(pool=self.pool.path, objects=len(old), bytes=sum(one.size for one in old), trials=trials)
            logger.info("swept", extra=line)


def old_trials(store: ObjectStore, pool: Pool, *, newest: int) -> Iterator[str]:
    """Yield the records of trials of all but the newest cycles: what their keys have after the pool's part.

    The name of a cycle begins with its time. Raises `StoreError`.
    """
    prefix = keys.pool_trials(pool)
    last: deque[str] = deque((cycle for cycle, _ in groupby(names_under(store, prefix), _cycle)), maxlen=newest)
    if len(last) == newest:
        yield from takewhile(lambda name: _cycle(name) < last[0], names_under(store, prefix))


def _cycle(name: str) -> str:
    return name.partition("/")[0]
