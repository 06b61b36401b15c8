"""The sweep: a walk through all pools and groups of the store, a page at each look of the worker.

::

    dataset/      pools: is there something to train, or to renew, that nobody has begun?
    spaces-of/    groups that have a list of spaces
    codes/        groups that devices enrol in; each code is read

A round is begun when one is wanted, four times in the life of a release, and takes as many looks as there are pages: a
look costs the same however many pools there are, and a pool is found by the end of the round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cloud.identity import codes
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import KeyWalk
from cloud.store.pools import PoolWalk
from cloud.store.store import ObjectStore
from contract.patterns import GROUP_PATTERN

KEYS_A_LOOK = 200
CODES_A_LOOK = 50


@dataclass(frozen=True, slots=True)
class Page:
    """What one step found."""

    pools: Sequence[Pool] = ()
    groups: Sequence[str] = ()
    is_last: bool = False
    """Of the round."""


@dataclass(slots=True)
class Sweep:
    """One round after another; where a step fails, the next one goes on there."""

    groups: Iterable[str] = ()
    """Those of the settings."""
    _pools: PoolWalk = field(default_factory=lambda: PoolWalk(keys.DATASETS))
    _lists: KeyWalk = field(default_factory=lambda: KeyWalk(keys.SPACE_LISTS))
    _codes: KeyWalk = field(default_factory=lambda: KeyWalk(keys.CODES))
    _unread: list[str] = field(default_factory=list)
    """Codes that were listed and not read."""
    _known: set[str] = field(default_factory=set)
    """Groups that this round has told of."""
    _found: list[Pool] = field(default_factory=list)
    _met: list[str] = field(default_factory=list)
    """Pools, and groups, to be told of by the next step that does not fail."""

    @property
    def is_at_start(self) -> bool:
        """Tell whether the next step is the first one of a round."""
        return self._pools == PoolWalk(keys.DATASETS)

    def step(self, store: ObjectStore) -> Page:
        """Find the next pools or groups; small stores in one step. Raises a `StoreError`."""
        if self.is_at_start:
            self._met = [*self.groups]
        if not self._pools.is_over:
            pools = self._pools.step(store, limit=KEYS_A_LOOK)
            self._found += pools
            self._met += [pool.group for pool in pools]
        if self._pools.is_over and not self._lists.is_over:
            listed = self._lists.step(store, limit=KEYS_A_LOOK)
            self._met += [name for name in listed if GROUP_PATTERN.fullmatch(name)]
        if self._lists.is_over:
            self._read_codes(store)
        is_last = self._lists.is_over and self._codes.is_over
        new = [group for group in dict.fromkeys(self._met) if group not in self._known]
        page = Page(self._found, new, is_last)
        self._known.update(new)
        self._found, self._met = [], []
        if is_last:
            self._begin_anew()
        return page

    def _read_codes(self, store: ObjectStore) -> None:
        if not self._unread and not self._codes.is_over:
            self._unread = self._codes.step(store, limit=CODES_A_LOOK)
        self._met += sorted(codes.groups(store, self._unread))
        self._unread = []

    def _begin_anew(self) -> None:
        fresh = Sweep(self.groups)
        self._pools, self._lists, self._codes = fresh._pools, fresh._lists, fresh._codes
        self._known.clear()
