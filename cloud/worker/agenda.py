"""A worker's agenda: which pools it processes next, and how long it waits after failures. Pure: no clock, no I/O.

::

    nothing known of a pool    due once an upload waits in it
    look again at t            due from t on, whether or not an upload waits; earlier if one does
    failed n times in a row    due from t on, and not before: t is a backoff after the last failure
    another worker has it      likewise, some seconds later

What has been due for the longest time comes first; of what became due at one look, the pool whose upload came first. A
pool that has had its turn, and is due again because more waits in it, is due from then on: so each pool waits for one
turn of every other at most, however many uploads those get.

Times are seconds of one monotonic clock, whose reading is passed in. When to *train* a pool is another question
(`cloud.training.schedule`); a cycle that failed only asks to look again. After a cycle a pool rests (`rest_s`): it is
merged, and not trained.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cloud.store.keys import Pool

FIRST_POOL_BACKOFF_S = 2.0
LONGEST_POOL_BACKOFF_S = 300.0
LONGEST_OUTAGE_BACKOFF_S = 30.0
"""While the store does not answer."""
BUSY_LOOK_S = 4.0
"""Between two looks at a pool that another worker has."""
FREE_CYCLE_S = 10.0
"""A pool whose cycle took no longer needs no rest."""

_MOST_DOUBLINGS = 9


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What a worker intends with one pool."""

    news: float | None = None
    """Since when an upload waits, as far as this worker saw it since the pool's last turn; None: none does."""
    arrived: float = math.inf
    """When that came in, in Unix seconds of the store; it decides between pools that were found at one look."""
    look_at: float | None = None
    """When to look again; None: when an upload waits."""
    not_before: float | None = None
    """When to look again at the earliest, whatever waits."""
    failures: int = 0
    """How often in a row processing it failed."""

    def due(self, now: float) -> float | None:
        """Return since when it is due; None where it is not."""
        if self.not_before is not None and now < self.not_before:
            return None
        since = [at for at in (self.news, self.look_at) if at is not None and at <= now]
        return min(since, default=None)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a worker intends with all pools. Each event returns the agenda that follows it."""

    plans: Mapping[Pool, PoolPlan] = field(default_factory=dict)
    outages: int = 0
    """How often in a row the store did not say where uploads wait."""

    def due(self, *, now: float) -> list[Pool]:
        """List the pools to process, in order."""
        since = {pool: due for pool, plan in self.plans.items() if (due := plan.due(now)) is not None}
        return sorted(since, key=lambda pool: (since[pool], self.plans[pool].arrived, pool))

    def wait_s(self, poll_s: float) -> float:
        """Return how long to wait for the next look, which is `poll_s` while the store answers."""
        return max(poll_s, pool_backoff_s(self.outages, LONGEST_OUTAGE_BACKOFF_S))

    def answered(self, news: Mapping[Pool, float], *, now: float) -> Agenda:
        """Note that the store said where uploads wait, with the time of one of them, Unix seconds of the store."""
        plans = dict(self.plans)
        for pool, plan in self.plans.items():
            if plan.news is not None and pool not in news:  # another worker has merged it
                plans[pool] = replace(plan, news=None, arrived=math.inf)
        for pool, arrived in news.items():
            plan = plans.get(pool, PoolPlan())
            if plan.news is None:
                plans[pool] = replace(plan, news=now, arrived=arrived)
        return Agenda({pool: plan for pool, plan in plans.items() if plan != PoolPlan()})

    def unanswered(self) -> Agenda:
        """Note that the store did not say it."""
        return replace(self, outages=self.outages + 1)

    def found(self, pools: Iterable[Pool], *, now: float) -> Agenda:
        """Note that something may be left to do in some pools; what is planned for one of them stays."""
        new = [pool for pool in pools if pool not in self.plans]
        return replace(self, plans={**self.plans, **dict.fromkeys(new, PoolPlan(look_at=now))}) if new else self

    def begun(self, pool: Pool) -> Agenda:
        """Note that a pool has its turn: it needs no other one until something says so."""
        return self._plan(pool, PoolPlan(failures=self._of(pool).failures))

    def look_again(self, pool: Pool, *, at: float) -> Agenda:
        """Note that a pool needs a look from `at` on, without anything new in it."""
        return self._plan(pool, replace(self._of(pool), look_at=at, not_before=None))

    def busy(self, pool: Pool, *, now: float) -> Agenda:
        """Note that another worker has a pool: whether it is done, or died, is to be seen."""
        at = now + BUSY_LOOK_S
        return self._plan(pool, replace(self._of(pool), look_at=at, not_before=at))

    def succeeded(self, pool: Pool) -> Agenda:
        """Note that processing a pool succeeded: its failures are forgotten."""
        return self._plan(pool, replace(self._of(pool), failures=0))

    def failed(self, pool: Pool, *, now: float) -> Agenda:
        """Note that processing a pool failed: it backs off, so that it keeps no other pool waiting."""
        failures = self._of(pool).failures + 1
        at = now + pool_backoff_s(failures, LONGEST_POOL_BACKOFF_S)
        return self._plan(pool, replace(self._of(pool), look_at=at, not_before=at, failures=failures))

    def _of(self, pool: Pool) -> PoolPlan:
        return self.plans.get(pool, PoolPlan())

    def _plan(self, pool: Pool, plan: PoolPlan) -> Agenda:
        """Keep a plan; one that says nothing is dropped, so that an agenda does not grow with pools long processed."""
        plans = {**self.plans, pool: plan}
        if plan == PoolPlan():
            del plans[pool]
        return replace(self, plans=plans)


def pool_backoff_s(failures: int, longest_s: float) -> float:
    """Return the wait after so many failures in a row: two seconds, doubled by each further one; 0 after none."""
    return min(FIRST_POOL_BACKOFF_S * 2 ** min(failures - 1, _MOST_DOUBLINGS), longest_s) if failures else 0.0


def rest_s(cycle_s: float, longest_s: float) -> float:
    """Return for how long a pool is not trained again after a cycle: as long as that took beyond `FREE_CYCLE_S`."""
    return min(max(cycle_s - FREE_CYCLE_S, 0.0), longest_s)
