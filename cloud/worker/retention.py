"""Retention: the worker asks, by itself, that samples be erased which are held for longer than is allowed.

It looks once a day. An erasure withdraws a group's releases, with their history and pins, and a group that is in use
has something that is too old every day: so with it goes what would be soon, and the group is left alone until then.

A clock that runs ahead would erase what nobody can bring back. So the worker waits for an hour after its start, when a
machine that has just booted has found the time, and then the system's clock must have moved as the machine's own has;
where it has not, nothing is asked until the worker is started anew, and its heartbeat says so. That the clock keeps
step afterwards would not help: one that was set wrong does, too.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from cloud.dataset import erasures
from cloud.dataset.erase import holds_older
from cloud.dataset.scopes import AgeScope
from cloud.errors import CloudError
from cloud.logs import fields
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.lease import running_s
from cloud.store.pools import PoolWalk
from cloud.store.store import ObjectStore
from contract.callbacks import ignore

DAY_S = 86400
FIRST_LOOK_S = 3600.0
"""After the worker's start."""
RETRY_S = 600.0
POOLS_A_LOOK, KEYS_A_STEP = 50, 100
MAX_DRIFT_S = 3600.0
SLACK_PARTS, MAX_SLACK_S = 4, 30 * DAY_S
"""A quarter of the days, at most a month: what is too old by then goes at once with what is too old now."""
BY = "retention"

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Retention:
    """Asks for what is too old."""

    store: ObjectStore
    days: int
    """For which samples are kept; 0: as long as anybody wants."""
    now: Callable[[], float]
    """Unix seconds."""
    clock: Callable[[], float] = running_s
    tell_set: Callable[[int], None] = ignore
    """Is told by how many seconds the clock was set since the start; 0: by nothing."""
    _began: tuple[float, float] = field(init=False)
    _next: float = field(init=False)
    _walks: list[PoolWalk] = field(default_factory=list)
    """What today's look has left to walk through."""
    _tomorrow: float = math.inf

    def __post_init__(self) -> None:
        """Note the time."""
        self._began = self.now(), self.clock()
        self._next = self.clock() + FIRST_LOOK_S

    def look(self) -> None:
        """Ask for what is too old, once a day; a failure is logged, and tried again after a while.

        Where there are many pools, a day's look goes on at further looks of the worker, some pools at each.
        """
        if not self.days or self.clock() < self._next:
            return
        if self._walks:
            self._go_on()
            return
        self._tomorrow = self._next = self.clock() + DAY_S
        drift_s = (self.now() - self._began[0]) - (self.clock() - self._began[1])
        is_set = abs(drift_s) > MAX_DRIFT_S
        self.tell_set(int(drift_s) if is_set else 0)
        if is_set:
            message = "retention: the clock was set, nothing is erased until the worker is started anew"
            logger.error(message, extra=fields(seconds=int(drift_s)))
            return
        self._walks = [PoolWalk(keys.DATASETS), PoolWalk(keys.REJECTED)]
        self._go_on()

    def _go_on(self) -> None:
        """Look at the next pools; after the last ones the next look is tomorrow's."""
        looked = 0
        try:
            waiting = {one.scope.group for one in erasures.pending(self.store) if isinstance(one.scope, AgeScope)}
            while self._walks and looked < POOLS_A_LOOK:
                for pool in self._walks[0].step(self.store, limit=KEYS_A_STEP):
                    looked += 1
                    if pool.group not in waiting and self._ask(pool):
                        waiting.add(pool.group)
                if self._walks[0].is_over:
                    self._walks = self._walks[1:]
        except CloudError as error:
            self._walks, self._next = [], self.clock() + RETRY_S
            logger.error("retention: %s", error)
            return
        self._next = self.clock() if self._walks else self._tomorrow

    def _ask(self, pool: Pool) -> bool:
        """Ask for what is too old in a pool's group, if this pool holds something; return whether it does."""
        too_old = int(self.now()) - self.days * DAY_S
        before = too_old + min(self.days * DAY_S // SLACK_PARTS, MAX_SLACK_S)
        if not holds_older(self.store, pool, before=too_old):
            return False
        erasures.ask(self.store, AgeScope(pool.group, before), by=BY, now=self.now())
        return True
