"""The reader of overviews: the one module that asks the store what there is to see.

What cannot be read becomes a fault of the pool that it belongs to, and hides nothing beside it; only a store that does
not answer is an error. What never changes in a store is remembered (`memory`): releases, and the columns of shards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TypeVar

from cloud.dataset import inbox, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.columns import Columns
from cloud.dataset.pointer import EMPTY, DatasetPointer
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, NotFound
from cloud.identity import devices
from cloud.overview import heartbeats, scope
from cloud.overview.enrolled import EnrolledDevices
from cloud.overview.erasures import read_erasures
from cloud.overview.findings import find
from cloud.overview.heartbeats import Heartbeat
from cloud.overview.memory import Memory, PoolMemory
from cloud.overview.queues import read_queue, read_rejected
from cloud.overview.releases import describe_failure, describe_release, describe_trials
from cloud.overview.samples import count_days, describe_devices, summarise
from cloud.overview.values import (
    DecisionView,
    Overview,
    PoolView,
    ReleaseView,
    SpaceView,
    TrialView,
)
from cloud.releases import registry, space_lists, stored
from cloud.releases.registry import Registry
from cloud.releases.stored import Release
from cloud.spaces import bundles
from cloud.spaces.base_counts import read_base_counts
from cloud.store import ObjectStore, keys
from cloud.store.documents import read_json, reading
from cloud.store.keys import Pool
from cloud.store.pools import pools_under
from contract.documents import Json
from contract.manifest import Manifest
from contract.self_test import as_cosine

MAX_POOLS = 200
MAX_SHARDS = 4000
"""Of one pool: so many of the newest are read."""
HISTORY = 40
"""Releases of each channel."""
MAX_TRIAL_BYTES = 1 << 20
SHARDS_AT_ONCE = POOLS_AT_ONCE = 8

Read = TypeVar("Read")

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class OverviewReader:
    """Reads overviews of one store."""

    store: ObjectStore
    _memory: Memory = field(default_factory=Memory)
    _enrolled: EnrolledDevices = field(init=False)

    def __post_init__(self) -> None:
        self._enrolled = EnrolledDevices(self.store)

    def read(self, *, now: float, group: str | None = None) -> Overview:
        """Read what there is to see now: of all groups, or what those who may see one group see.

        Raises:
            StoreError: the store does not answer.
        """
        faults: list[str] = []
        pools = self._pools()
        found = [pool for pool in pools if group in (None, pool.group)]
        self._memory.forget(all_but=set(pools), now=now)
        workers: list[Heartbeat] = _or_fault(faults, [], lambda: heartbeats.read(self.store))
        overview = Overview(
            at=int(now),
            spaces=tuple(view for one in bundles.registered(self.store) if (view := self._space(one, faults))),
            pools=self._read_pools(found[:MAX_POOLS], now=now),
            workers=tuple(workers),
            enrolled=self._enrolled.count(group),
            has_key=bool(self.store.list(keys.VERIFY, limit=1)),
            erasures=read_erasures(self.store, group=group, faults=faults),
            more_pools=len(found) > MAX_POOLS,
            faults=tuple(faults),
        )
        if group is None:
            return replace(overview, findings=find(overview))
        seen = scope.without_others(overview, group)
        return replace(seen, findings=find(seen), spaces=scope.used_spaces(seen))

    def mark_revoked(self, view: PoolView) -> PoolView:
        """Return a pool's view with the devices marked that are revoked, which `read` does not look up.

        Raises:
            StoreError: the store does not answer.
        """
        return replace(view, devices=self._enrolled.mark_revoked(view.devices))

    def read_pool(self, pool: Pool, *, now: float) -> PoolView:
        """Read what there is to see of one pool.

        Raises:
            StoreError: the store does not answer.
        """
        faults: list[str] = []
        memory = self._memory.begin(pool)
        dataset = _or_fault(faults, EMPTY, lambda: dataset_pointer.read(self.store, pool)[0])
        recorded = _or_fault(faults, Registry(), lambda: registry.read(self.store, pool))
        queue, waiting = read_queue(self.store, pool)
        merged = self._shards(pool, dataset, memory, faults)
        history = self._history(pool, recorded, memory, faults)
        summary = memory.summaries.get((dataset.commit, len(merged)), lambda: summarise(merged))
        self._memory.end(pool, memory, now=now)
        excluded = devices.excluded(self.store, pool.group)
        last_cycle, last_trials = self._last_trials(pool, recorded, history, faults)
        rejected, recent = read_rejected(self.store, pool)
        failed = recorded.failed
        return PoolView(
            pool=pool,
            is_retired=_or_fault(faults, False, lambda: self._is_retired(pool)),
            samples=dataset.samples,
            rows=dataset.rows,
            uploads=dataset.uploads,
            size=sum(ref.size for ref in dataset.shards),
            untrained_rows=max(dataset.rows - (recorded.trained.rows if recorded.trained else 0), 0),
            queue=queue,
            current=_newest(history),
            history=tuple(sorted(history, key=lambda one: (one.issued, one.serial), reverse=True)),
            pin=DecisionView("pinned", recorded.pin.by, recorded.pin.why, recorded.pin.at) if recorded.pin else None,
            failure=describe_failure(failed, now=now) if failed else None,
            last_trials=last_trials,
            last_cycle=last_cycle,
            labels=summary.labels,
            devices=describe_devices(summary, waiting, excluded=excluded),
            days=count_days(merged, now=now),
            rejected=rejected,
            recent_rejected=recent,
            unread_shards=len(dataset.shards) - len(merged),
            faults=tuple(faults),
        )

    def _read_pools(self, pools: list[Pool], *, now: float) -> tuple[PoolView, ...]:
        with ThreadPoolExecutor(POOLS_AT_ONCE) as threads:
            return tuple(threads.map(lambda pool: self.read_pool(pool, now=now), pools))

    def _pools(self) -> list[Pool]:
        """List the pools with a dataset or releases, and those of which nothing was merged yet."""
        found = {*dataset_pointer.pools(self.store), *inbox.pools_with_news(self.store)}
        found |= {*pools_under(self.store, keys.REGISTRIES, pool_of=keys.parse_pool)}
        return sorted(found)

    def _space(self, space: str, faults: list[str]) -> SpaceView | None:
        def read() -> SpaceView:
            facts = bundles.read_facts(self.store, space)
            labels = len(read_base_counts(self.store, space).labels)
            return SpaceView(space, facts.cut, labels, as_cosine(facts.least_cosine_ppm))

        return _or_fault(faults, None, read)

    def _is_retired(self, pool: Pool) -> bool:
        signed = space_lists.read(self.store, pool.group)
        return signed is not None and pool.space in signed.spaces.retired

    def _shards(self, pool: Pool, dataset: DatasetPointer, memory: PoolMemory, faults: list[str]) -> list[Columns]:
        """Read the columns of the newest shards, in the order of merging."""
        if not dataset.shards:
            return []
        chosen = dataset.shards[-MAX_SHARDS:]
        with ThreadPoolExecutor(SHARDS_AT_ONCE) as threads:
            read = threads.map(lambda ref: self._columns_of(pool, ref, memory), chosen)
            merged = []
            for columns in read:
                if isinstance(columns, str):
                    faults.append(columns)
                else:
                    merged.append(columns)
        return merged

    def _columns_of(self, pool: Pool, ref: ShardRef, memory: PoolMemory) -> Columns | str:
        """Return a shard's columns, or the fault that keeps them from being read."""
        try:
            return memory.columns.get(ref.sha256, lambda: shards.read_columns(self.store, pool, ref))
        except (Damaged, NotFound) as error:
            return str(error)

    def _history(self, pool: Pool, recorded: Registry, memory: PoolMemory, faults: list[str]) -> list[ReleaseView]:
        """Describe the newest releases of each channel, the newest first within a channel."""
        views: list[ReleaseView] = []
        for channel, current in recorded.channels.items():
            try:
                withdrawn = current.manifest.withdraws
                chain = islice(self._chain(pool, current.release, memory), HISTORY)
                views.extend(
                    replace(view, is_withdrawn=view.serial in withdrawn, has_files=recorded.keeps(read))
                    for view, read in chain
                )
            except (Damaged, NotFound) as error:
                faults.append(f"{channel}: {error}")
        return views

    def _chain(self, pool: Pool, release: str | None, memory: PoolMemory) -> Iterator[tuple[ReleaseView, Release]]:
        while release is not None:
            read = memory.releases.get(release, partial(stored.get_release, self.store, pool, release))
            with reading(keys.release(pool, release)):
                manifest = Manifest.parse(read.payload)
            yield describe_release(release, manifest, read.report), read
            release = read.parent

    def _last_trials(
        self, pool: Pool, recorded: Registry, history: list[ReleaseView], faults: list[str]
    ) -> tuple[str | None, tuple[TrialView, ...]]:
        """Describe the trials of the newest cycle: a failed one after the last that published, or that one."""
        published = recorded.trained.cycle if recorded.trained else ""
        prefix = keys.pool_trials(pool)
        records: dict[str, dict[str, Json | None]] = {}
        for key in self.store.list(prefix, after=f"{prefix}{published}"):
            cycle, _, name = key.removeprefix(prefix).partition("/")
            records.setdefault(cycle, {})[name] = _or_fault(faults, None, partial(self._record, key))
        if not records:
            return (published or None), ()
        newest = max(records)
        trials = (trial for release in history if release.cycle == newest for trial in release.trials)
        chosen = next((trial.name for trial in trials if trial.was_chosen), None)
        return newest, describe_trials(records[newest], chosen=chosen)

    def _record(self, key: str) -> Json:
        return read_json(self.store, key, max_bytes=MAX_TRIAL_BYTES)


def _newest(history: list[ReleaseView]) -> dict[str, ReleaseView]:
    """Return the newest release of each channel, of a history with the newest first within a channel."""
    newest: dict[str, ReleaseView] = {}
    for view in history:
        newest.setdefault(view.channel, view)
    return newest


def _or_fault(faults: list[str], otherwise: Read, read: Callable[[], Read]) -> Read:
    """Return what `read` does; what cannot be read is noted as a fault."""
    try:
        return read()
    except (Damaged, NotFound) as error:
        faults.append(str(error))
        return otherwise
