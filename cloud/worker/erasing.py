"""Erasing: what was asked to be erased goes, pool by pool, wherever the worker before may have ended.

The walk of one erasure; each step is idempotent, and the request is there until the last one::

    generations    what waits of the device, or of all of a group, is dropped by the merge; which they are of a group
                   is noted first, so that a later attempt means no more than the first one
    of each pool   merge what waits; take the rows out of the dataset; withdraw the releases; sweep store and disk
                   of what nothing names any more; note how many samples went
    of the group   sweep objects that no release names; forget what was decided about labels that are gone
    tombstone      in place of the request

One worker alone walks, and holds each pool while it erases there, and all of the group while it sweeps its objects: a
pool that another one trains is waited for. What fails is logged, and tried again after a while; it keeps no other
erasure waiting. The other workers' disks follow: each looks again and again whether what it keeps there of a pool is
still named.
"""

from __future__ import annotations

import contextlib
import logging
import math
import shutil
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace

from cloud import audit
from cloud.audit import AuditEvent
from cloud.dataset import admission, erasures, inbox, reader
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.erase import erase_rows, pools_holding, sweep
from cloud.dataset.erasures import Erasure, Tombstone
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.dataset.scopes import DeviceScope, GroupScope, Scope
from cloud.errors import Busy, CloudError, Damaged, LostRace, NotFound
from cloud.identity import devices
from cloud.identity.generations import raise_generation
from cloud.logs import fields
from cloud.releases.erase import ReleaseEraser
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.lease import Leases
from cloud.store.listing import delete_under
from cloud.training.context import TrainingContext
from cloud.training.inputs import cached_pools, shard_cache
from cloud.worker.agenda import BUSY_LOOK_S, LONGEST_POOL_BACKOFF_S, pool_backoff_s
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.pulse import worker_id
from cloud.worker.retention import Retention
from contract.callbacks import ignore

DUTY = "erasing"
TIDY_EVERY_S = 60.0
"""Between two looks at all that this disk keeps."""
POOLS_A_LOOK = 50

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Eraser:
    """Carries out what was asked for."""

    context: TrainingContext
    memory: MergeMemory
    tell_clock_set: Callable[[int], None] = ignore
    """Is told by how many seconds the clock was set, where that keeps retention from erasing; else 0."""
    leases: PoolLeases | None = None
    """Of the worker; None: leases of its own."""
    _failures: dict[str, int] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    """By erasure: how often in a row it failed, and when it is tried again, by a monotonic clock."""
    _kept: list[Pool] = field(default_factory=list)
    """Pools of which this disk keeps something, and that are still to be looked at."""
    _next_tidy: float = -math.inf
    _retention: Retention = field(init=False)
    _leases: PoolLeases = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what is too old."""
        context = self.context
        own = Leases(context.store, worker_id(context.settings.state))
        self._leases = self.leases or PoolLeases(context.store, own)
        self._retention = Retention(
            context.store, context.settings.retention_days, context.now, tell_set=self.tell_clock_set
        )

    def look(self) -> list[Pool]:
        """Carry out every erasure that waits; return the pools from which samples went."""
        changed: list[Pool] = []
        self._retention.look()
        try:
            waiting = erasures.waiting(self.context.store)
        except CloudError as error:
            logger.error("erasure: %s", error)
            return changed
        self._tidy()
        due = [one for one in waiting if self._not_before.get(one, 0.0) <= time.monotonic()]
        try:
            if due:
                with self._leases.duty(DUTY):
                    for erasure_id in due:
                        if not self.context.stop.is_set():
                            self._attempt(erasure_id, changed)
        except Busy:
            pass  # another worker is at it
        except CloudError as error:
            logger.error("erasure: %s", error)
        return changed

    def carry_out(self, erasure: Erasure, changed: list[Pool]) -> Tombstone:
        """Erase what a request means; pools from which samples went are added to `changed`.

        Raises:
            Busy, Damaged, LostRace, StoreError: it is not done; trying again goes on where this ended.
        """
        store, now = self.context.store, self.context.now
        erasure = self._settled(erasure)
        self._raise_generations(erasure.scope)
        shutil.rmtree(self.context.settings.state / "cycles", ignore_errors=True)
        self.context.end_idle()
        failure: Exception | None = None
        for pool in pools_holding(store, erasure.scope.group):
            if pool.path in erasure.pools:
                continue
            try:
                samples = self._erase_pool(pool, erasure, changed)
            except Busy as error:  # another worker trains it
                failure = failure or error
                continue
            except (CloudError, OSError) as error:  # the other pools need not wait for this one
                logger.error("erasure: %s", error, extra=fields(erasure=erasure.id, pool=pool.path))
                failure = error
                continue
            erasure = replace(erasure, pools={**erasure.pools, pool.path: samples})
            erasures.note(store, erasure)
        if failure is not None:
            raise failure
        with contextlib.ExitStack() as holding:  # a worker that publishes has written objects that nothing names yet
            for pool in pools_holding(store, erasure.scope.group):
                holding.enter_context(self._leases.of(pool))
            self._releases.sweep_objects(erasure.scope.group)
        admission.forget_unused(store, erasure.scope.group)
        store.prepare()  # which sweeps what killed writers left, and refuses a bucket that keeps versions
        return erasures.finish(store, erasure, now=now())

    @property
    def _releases(self) -> ReleaseEraser:
        return ReleaseEraser(self.context.store, self.context.key, self.context.settings.manifest_life_s)

    def _attempt(self, erasure_id: str, changed: list[Pool]) -> None:
        try:
            erasure = erasures.read(self.context.store, erasure_id)
            if erasure is not None:
                tombstone = self.carry_out(erasure, changed)
                audit.note(
                    AuditEvent.ERASED,
                    by=tombstone.by,
                    group=erasure.scope.group,
                    erasure=erasure_id,
                    samples=tombstone.samples,
                )
        except Busy as error:
            logger.info("erasure: waits: %s", error, extra=fields(erasure=erasure_id))
            self._not_before[erasure_id] = time.monotonic() + BUSY_LOOK_S
            return
        except LostRace as error:
            logger.info("erasure: overtaken: %s", error, extra=fields(erasure=erasure_id))
        except (CloudError, OSError) as error:
            logger.error("erasure: %s", error, extra=fields(erasure=erasure_id))
        except Exception:  # a defect must not stop the others
            logger.exception("defect", extra=fields(erasure=erasure_id))
        else:
            self._failures.pop(erasure_id, None)
            self._not_before.pop(erasure_id, None)
            return
        failures = self._failures[erasure_id] = self._failures.get(erasure_id, 0) + 1
        self._not_before[erasure_id] = time.monotonic() + pool_backoff_s(failures, LONGEST_POOL_BACKOFF_S)

    def _erase_pool(self, pool: Pool, erasure: Erasure, changed: list[Pool]) -> int:
        """Erase what is meant of one pool; return how many samples went."""
        store = self.context.store
        with self._leases.of(pool) as held:
            more = True
            while more:
                self._leases.leases.check(held)
                more = merge_once(store, pool, memory=self.memory, now=self.context.now(), fence=held.fence).more
            erased = erase_rows(store, pool, erasure.scope, erasure=erasure.id, fence=held.fence)
            if erased is not None:
                changed.append(pool)
                self._releases.withdraw(pool, erasure=erased.id, now=self.context.now(), fence=held.fence)
                self._releases.sweep(pool)
                delete_under(store, keys.pool_trials(pool))
                store.delete(keys.named(pool))
            self._leases.leases.check(held)  # nobody may have written a shard that nothing names yet
            sweep(store, pool, erasure.scope)
        self._prune(pool)
        return erased.samples[erasure.id] if erased else 0

    def _settled(self, erasure: Erasure) -> Erasure:
        """Return an erasure that says what of a group is meant: what it has at the first attempt, not later."""
        scope, store = erasure.scope, self.context.store
        if not isinstance(scope, GroupScope):
            return erasure
        damaged: list[Damaged] = []
        enrolled = devices.read_all(store, damaged=damaged.append)
        now = {device.id: device.generation for device in enrolled if device.group == scope.group}
        if damaged and self._may_come_back(scope.group, now.keys()):
            raise damaged[0]
        settled = replace(erasure, scope=scope.at(now))
        if settled != erasure:
            erasures.note(store, settled)
        return settled

    def _may_come_back(self, group: str, readable: Set[str]) -> bool:
        """Tell whether something waits of a device whose generation cannot be read: it would be merged later."""
        store = self.context.store
        waiting = {one.device for pool in pools_holding(store, group) for one in inbox.all_pending(store, pool)}
        return any(devices.is_enrolled(store, device) for device in waiting - readable)

    def _raise_generations(self, scope: Scope) -> None:
        """Let what waits count no more, where a device or all of a group is meant."""
        over: Mapping[str, int] = {}
        if isinstance(scope, DeviceScope):
            over = {scope.device: scope.generation}
        elif isinstance(scope, GroupScope):
            over = scope.generations or {}
        for device, generation in over.items():
            with contextlib.suppress(NotFound):  # nobody can send for it
                raise_generation(self.context.store, device, above=generation)

    def _tidy(self) -> None:
        """Delete from this disk what was erased while this worker was away, or by another one: some pools at a look."""
        if not self._kept and time.monotonic() >= self._next_tidy:
            self._next_tidy = time.monotonic() + TIDY_EVERY_S
            self._kept = cached_pools(self.context.settings.state)
        for pool in self._kept[:POOLS_A_LOOK]:
            try:
                self._prune(pool)
            except (CloudError, OSError) as error:  # a cycle of this pool would fail by it too, and prunes
                logger.error("erasure: %s", error, extra=fields(pool=pool.path))
        self._kept = self._kept[POOLS_A_LOOK:]

    def _prune(self, pool: Pool) -> None:
        dataset, _ = dataset_pointer.read(self.context.store, pool)
        state, erasure = self.context.settings.state, dataset.erasure.id if dataset.erasure else None
        self.context.note_erased(pool, erasure=erasure)
        reader.prune(shard_cache(state, pool), dataset)
        self.context.kept.forget_erased(state, pool, erasure=erasure)
