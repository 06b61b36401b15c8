"""When each pool's releases want to be renewed, as far as a worker knows it without reading the store. Pure: no I/O.

::

    learned from a registry    looked at again at that time (Unix seconds), however often the store is polled
    never looked at            looked at once a sweep has found the pool: after the start, and four times in a life,
                               since another worker may have made its first release
    a look failed              looked at again a minute later (seconds of a monotonic clock)

A look reads the registry, which alone decides: where the clock was set, or another worker has renewed, it costs one
read. A pool costs some 300 bytes of memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from cloud.store.keys import Pool

SWEEPS_A_LIFE = 4
RETRY_S = 60.0


@dataclass(slots=True)
class RenewalTimes:
    """What a worker knows; `now` is in Unix seconds, `clock` a reading of one monotonic clock."""

    life_s: float
    """For how long a manifest counts as news."""
    _due: dict[Pool, float] = field(default_factory=dict)
    _earliest: float = math.inf
    """Nothing is due before."""
    _put_off: dict[Pool, float] = field(default_factory=dict)
    _next_sweep: float = -math.inf

    def wants_sweep(self, *, clock: float) -> bool:
        """Tell whether the pools of the store are to be listed."""
        return clock >= self._next_sweep

    def swept(self, pools: Iterable[Pool], *, clock: float) -> None:
        """Note which pools there are: those of which nothing is known are due."""
        self._next_sweep = clock + self.life_s / SWEEPS_A_LIFE
        for pool in pools:
            if pool not in self._due:
                self._expect(pool, -math.inf)

    def learned(self, pool: Pool, due: float | None) -> None:
        """Note what the registry of a pool said; None: there is nothing to renew."""
        self._put_off.pop(pool, None)
        self._due.pop(pool, None)
        if due is not None:
            self._expect(pool, due)

    def failed(self, pool: Pool, *, clock: float) -> None:
        """Note that a look at a pool failed."""
        self._put_off[pool] = clock + RETRY_S

    def has_looked_everywhere(self) -> bool:
        """Tell whether the store was swept, and nothing found there is still to be signed anew by the worker's key."""
        return self._next_sweep > -math.inf and all(due > -math.inf for due in self._due.values())

    def due(self, *, now: float, clock: float) -> list[Pool]:
        """List the pools whose registries are to be looked at, in order."""
        if now < self._earliest:
            return []
        self._earliest = min(self._due.values(), default=math.inf)
        return sorted(
            pool for pool, due in self._due.items() if due <= now and self._put_off.get(pool, -math.inf) <= clock
        )

    def _expect(self, pool: Pool, due: float) -> None:
        self._due[pool] = due
        self._earliest = min(self._earliest, due)
