"""Tidying: when which pool is swept (`cloud.worker.pool_sweep`), one after the other beside the worker's other work.

::

    a pool had its turn           swept some hours later, and a day after that for as long as something is left; at once
                                  where it publishes so often that its pointer would grow
    the walk through all pools    one that another worker left behind, or this one before it was started anew: where
                                  nothing has moved since it was found clean, that costs a list and three reads

A pool that another worker holds is waited for: a training cycle would lose its race.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cloud.dataset import pointer as dataset_pointer
from cloud.errors import Busy, CloudError, LostRace, NotFound
from cloud.logs import fields
from cloud.releases import registry
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.lease import running_s
from cloud.store.store import ObjectStore
from cloud.training.context import TrainingContext
from cloud.worker import named
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.pool_sweep import PoolSweep

LOOK_EVERY_S = 21_600.0
LOOK_S = 0.5
"""That a look at pools takes, and one pool at least."""
CROWDED = 4
"""Times as many publications as each of two channels keeps: of a pool that publishes every second."""
BUSY_S = 60.0
RETRY_S = 600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    at: float
    """By the monotonic clock."""
    was_worked_on: bool
    """Since it was looked at."""


@dataclass(slots=True)
class StoreClock:
    """The store's clock, as far as this machine's own has moved with it: one that is set ahead makes nothing older."""

    clock: Callable[[], float] = running_s
    _least: float = math.inf

    def now(self, shown: float) -> float:
        """Return the time that the store shows, or an earlier one if it has run ahead since it was asked first."""
        self._least = min(self._least, shown - self.clock())
        return self._least + self.clock()


@dataclass(slots=True)
class Tidier:
    """Sweeps the pools of a store, one worker's part of it."""

    context: TrainingContext
    leases: PoolLeases
    clock: Callable[[], float] = time.monotonic
    store_clock: StoreClock = field(default_factory=StoreClock)
    _due: dict[Pool, _Due] = field(default_factory=dict)
    _earliest: float = math.inf
    """Nothing is due before."""

    def worked_on(self, pool: Pool) -> None:
        """Note that a pool had its turn, which may have left something."""
        known = self._due.get(pool)
        self._expect(pool, _Due(known.at if known else self.clock() + LOOK_EVERY_S, was_worked_on=True))

    def learned(self, pool: Pool, recorded: Registry) -> None:
        """Note what a turn left in a registry: a pointer that keeps far more files than it should is swept at once."""
        if len(recorded.publications) > CROWDED * self.context.settings.releases_kept:
            self._expect(pool, _Due(self.clock(), was_worked_on=True))

    def found(self, pools: Iterable[Pool]) -> None:
        """Note that there are pools."""
        for pool in pools:
            if pool not in self._due:
                self._expect(pool, _Due(self.clock(), was_worked_on=False))

    def look(self) -> None:
        """Sweep pools that are due, those that have been for longest first; what fails is logged, and tried again."""
        began = self.clock()
        if began < self._earliest:
            return
        due = sorted((pool for pool, one in self._due.items() if one.at <= began), key=lambda pool: self._due[pool].at)
        for place, pool in enumerate(due):
            if self.context.stop.is_set() or (place and self.clock() - began > LOOK_S):
                break
            again_s = self._attempt(pool, was_worked_on=self._due[pool].was_worked_on)
            del self._due[pool]
            if again_s is not None:
                self._due[pool] = _Due(self.clock() + again_s, was_worked_on=True)
        self._earliest = min((one.at for one in self._due.values()), default=math.inf)

    def _attempt(self, pool: Pool, *, was_worked_on: bool) -> float | None:
        """Sweep a pool; return after how many seconds it is looked at again, None: once it is heard of."""
        try:
            return self._sweep(pool, was_worked_on=was_worked_on)
        except (Busy, LostRace) as error:
            logger.debug("sweep: waits: %s", error, extra=fields(pool=pool.path))
            return BUSY_S
        except (CloudError, OSError) as error:
            logger.error("sweep: %s", error, extra=fields(pool=pool.path))
        except Exception:  # a defect must not stop the others
            logger.exception("defect", extra=fields(pool=pool.path))
        return RETRY_S

    def _sweep(self, pool: Pool, *, was_worked_on: bool) -> float | None:
        store = self.context.store
        newest = self.context.settings.releases_kept
        if not was_worked_on and is_clean(store, pool, newest=newest):
            return None
        with self.leases.of(pool) as held:
            now = self.store_clock.now(_written(store, keys.lease(pool)))
            return PoolSweep(store, pool, held.fence, newest=newest).run(now)

    def _expect(self, pool: Pool, due: _Due) -> None:
        self._due[pool] = due
        self._earliest = min(self._earliest, due.at)


def is_clean(store: ObjectStore, pool: Pool, *, newest: int) -> bool:
    """Tell whether nothing was left over in a pool when it was swept last, and no pointer has moved since.

    `newest` says how many releases of each channel are to keep their files.

    Raises:
        Damaged: a pointer cannot be read.
        StoreError: the store failed.
    """
    last = named.read(store, pool)
    if last is None or not last.named.is_clean:
        return False
    return last.named.stands(dataset_pointer.read(store, pool)[0], registry.read(store, pool), newest=newest)


def _written(store: ObjectStore, key: str) -> float:
    """Return when an object was written that was written just now: the store's time."""
    listed = store.entries(key, limit=1)
    if not listed:
        raise NotFound(key)
    return listed[0].modified
