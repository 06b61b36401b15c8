"""A worker's agenda: which pools it processes next, and how long it waits after failures. Pure: no clock, no I/O.

::

    nothing known of a pool    due when an upload waits in it
    look again at t            due from t on, whether or not an upload waits; earlier if one does
    failed n times in a row    due from t on, and not before: t is a backoff after the last failure

Times are seconds of one monotonic clock, whose reading is passed in. When to *train* a pool is another question
(`cloud.training.schedule`); a cycle that failed only asks to look again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from cloud.store.keys import Pool

FIRST_POOL_BACKOFF_S = 2.0
LONGEST_POOL_BACKOFF_S = 300.0
LONGEST_OUTAGE_BACKOFF_S = 30.0
"""While the store does not answer."""

_MOST_DOUBLINGS = 9


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What a worker intends with one pool."""

    look_at: float | None = None
    """When to look again; None: when an upload waits."""
    failures: int = 0
    """How often in a row processing it failed."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a worker intends with all pools. Each event returns the agenda that follows it."""

    plans: Mapping[Pool, PoolPlan] = field(default_factory=dict)
    outages: int = 0
    """How often in a row the store did not say where uploads wait."""
    is_first_look: bool = True
    """Until one succeeded, the worker looks at every pool: the one before may have ended before a release."""

    def due(self, news: Collection[Pool], *, now: float) -> list[Pool]:
        """List the pools to process, in order, when uploads wait in those of `news`."""
        planned = {pool for pool, plan in self.plans.items() if plan.look_at is not None and plan.look_at <= now}
        return sorted(pool for pool in {*news, *planned} if not self._backs_off(pool, now))

    def wait_s(self, poll_s: float) -> float:
        """Return how long to wait for the next look, which is `poll_s` while the store answers."""
        return max(poll_s, pool_backoff_s(self.outages, LONGEST_OUTAGE_BACKOFF_S))

    def answered(self) -> Agenda:
        """Note that the store said where uploads wait."""
        return replace(self, outages=0, is_first_look=False)

    def unanswered(self) -> Agenda:
        """Note that the store did not say it."""
        return replace(self, outages=self.outages + 1)

    def begun(self, pool: Pool) -> Agenda:
        """Note that a pool is being processed: it needs no other look until something says so."""
        return self._plan(pool, replace(self._of(pool), look_at=None))

    def look_again(self, pool: Pool, *, at: float) -> Agenda:
        """Note that a pool needs a look from `at` on, without anything new in it."""
        return self._plan(pool, replace(self._of(pool), look_at=at))

    def succeeded(self, pool: Pool) -> Agenda:
        """Note that processing a pool succeeded: its failures are forgotten."""
        return self._plan(pool, replace(self._of(pool), failures=0))

    def failed(self, pool: Pool, *, now: float) -> Agenda:
        """Note that processing a pool failed: it backs off, so that it keeps no other pool waiting."""
        failures = self._of(pool).failures + 1
        return self._plan(pool, PoolPlan(now + pool_backoff_s(failures, LONGEST_POOL_BACKOFF_S), failures))

    def _of(self, pool: Pool) -> PoolPlan:
        return self.plans.get(pool, PoolPlan())

    def _backs_off(self, pool: Pool, now: float) -> bool:
        plan = self._of(pool)
        return plan.failures > 0 and plan.look_at is not None and now < plan.look_at

    def _plan(self, pool: Pool, plan: PoolPlan) -> Agenda:
        """Keep a plan; one that says nothing is dropped, so that an agenda does not grow with pools long processed."""
        plans = {**self.plans, pool: plan}
        if plan == PoolPlan():
            del plans[pool]
        return replace(self, plans=plans)


def pool_backoff_s(failures: int, longest_s: float) -> float:
    """Return the wait after so many failures in a row: two seconds, doubled by each further one; 0 after none."""
    return min(FIRST_POOL_BACKOFF_S * 2 ** min(failures - 1, _MOST_DOUBLINGS), longest_s) if failures else 0.0
