"""When what is signed wants to be renewed, as far as a worker knows it without reading the store. Pure: no I/O.

That is the releases of each pool, and the list of spaces of each group.

::

    learned from a registry    looked at again at that time (Unix seconds), however often the store is polled
    never looked at            looked at once a sweep has found the pool: after the start, and four times in a life,
                               since another worker may have made its first release; a list of spaces after every
                               sweep, since bundles may have been registered
    a look failed              looked at again a minute later (seconds of a monotonic clock)

A look reads the registry or the list, which alone decides: where the clock was set, or another worker has renewed, it
costs one read. A pool costs some 300 bytes of memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from cloud.store.keys import Pool

SWEEPS_A_LIFE = 4
RETRY_S = 60.0

Standing = Pool | str
"""A pool, for its releases, or the name of a group, for its list of spaces."""


@dataclass(slots=True)
class RenewalTimes:
    """What a worker knows; `now` is in Unix seconds, `clock` a reading of one monotonic clock."""

    life_s: float
    """For how long a manifest counts as news."""
    _due: dict[Standing, float] = field(default_factory=dict)
    _earliest: float = math.inf
    """Nothing is due before."""
    _put_off: dict[Standing, float] = field(default_factory=dict)
    _next_sweep: float = -math.inf

    def wants_sweep(self, *, clock: float) -> bool:
        """Tell whether the pools of the store are to be walked through, by one step more."""
        return clock >= self._next_sweep

    def found(self, found: Iterable[Standing]) -> None:
        """Note which pools and groups there are: lists are due, and the pools of which nothing is known."""
        for one in found:
            if one not in self._due or isinstance(one, str):
                self._expect(one, -math.inf)

    def swept(self, found: Iterable[Standing], *, clock: float) -> None:
        """Note which ones a sweep found last."""
        self._next_sweep = clock + self.life_s / SWEEPS_A_LIFE
        self.found(found)

    def learned(self, one: Standing, due: float | None) -> None:
        """Note what the registry of a pool, or a group's list, said; None: there is nothing to renew."""
        self._put_off.pop(one, None)
        self._due.pop(one, None)
        if due is not None:
            self._expect(one, due)

    def failed(self, one: Standing, *, clock: float) -> None:
        """Note that a look failed."""
        self._put_off[one] = clock + RETRY_S

    def has_looked_everywhere(self) -> bool:
        """Tell whether the store was swept, and nothing found there is still to be signed anew by the worker's key."""
        return self._next_sweep > -math.inf and all(due > -math.inf for due in self._due.values())

    def due(self, *, now: float, clock: float) -> list[Standing]:
        """List what is to be looked at, in the order of names."""
        if now < self._earliest:
            return []
        self._earliest = min(self._due.values(), default=math.inf)
        ripe = [one for one, due in self._due.items() if due <= now and self._put_off.get(one, -math.inf) <= clock]
        return sorted(ripe, key=lambda one: one if isinstance(one, str) else one.path)

    def _expect(self, one: Standing, due: float) -> None:
        self._due[one] = due
        self._earliest = min(self._earliest, due)
