"""Which pools have objects under a prefix: found by few requests, however many objects there are.

A LIST shows a thousand keys. Where those of one pool fill a page, the next one begins behind the pool: so many pools of
few objects cost a request for each thousand objects, and a pool of many objects costs two.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import MAX_LISTED, ListedObject, ObjectStore

logger = logging.getLogger(__name__)

PoolOf = Callable[[str], Pool]


def pools_with(store: ObjectStore, *prefixes: str) -> list[Pool]:
    """List the pools with an object under any of some prefixes, in order; stray objects make no pool."""
    return sorted({pool for prefix in prefixes for pool in pools_under(store, prefix, pool_of=_pool_of(prefix))})


def pools_of(store: ObjectStore, group: str, *prefixes: str) -> list[Pool]:
    """List those of one group, whatever other groups have."""
    found = (pools_under(store, f"{prefix}{group}/", pool_of=_pool_of(prefix)) for prefix in prefixes)
    return sorted({pool for pools in found for pool in pools})


def pools_under(store: ObjectStore, prefix: str, *, pool_of: PoolOf) -> list[Pool]:
    """List the pools with a key under a prefix, in order.

    A key of which `pool_of` raises `Damaged` is a stray object: it is logged, and hides no pool behind it.
    """
    found: list[Pool] = []
    after: str | None = ""
    while after is not None:
        listed = store.list(prefix, after=after, limit=MAX_LISTED)
        pools, after = _page(prefix, listed, pool_of, limit=MAX_LISTED)
        found += pools
    return list(dict.fromkeys(found))


def oldest_of_pools(store: ObjectStore, prefix: str) -> dict[Pool, float]:
    """Return the pools with an object under a prefix, and when one of the first of these was written, Unix seconds."""
    found: dict[Pool, float] = {}
    after: str | None = ""
    pool_of = _pool_of(prefix)
    while after is not None:
        listed = store.entries(prefix, after=after, limit=MAX_LISTED)
        _, after = _page(prefix, [one.key for one in listed], pool_of, limit=MAX_LISTED)
        for one, pool in _readable(listed, pool_of):
            found[pool] = min(one.modified, found.get(pool, one.modified))
    return found


@dataclass(slots=True)
class PoolWalk:
    """A walk through all pools under a prefix, some at each step; where a step fails, the next one goes on there."""

    prefix: str
    _after: str | None = ""

    @property
    def is_over(self) -> bool:
        """Tell whether all were found."""
        return self._after is None

    def step(self, store: ObjectStore, *, limit: int) -> list[Pool]:
        """List the next pools, by one LIST of at most `limit` keys; a pool may come twice."""
        if self._after is None:
            return []
        listed = store.list(self.prefix, after=self._after, limit=limit)
        pools, self._after = _page(self.prefix, listed, _pool_of(self.prefix), limit=limit)
        return pools


def _page(prefix: str, listed: list[str], pool_of: PoolOf, *, limit: int) -> tuple[list[Pool], str | None]:
    """Return the pools of some keys, and after which key others may come; None where there are no more."""
    pools: list[Pool] = []
    after = listed[-1] if listed else ""
    for key in listed:
        try:
            pool = pool_of(key)
        except Damaged as error:
            logger.warning("left in the store: %s", error)
            after = key
            continue
        after = keys.after_pool(prefix_of(prefix), pool)
        if not pools or pools[-1] != pool:
            pools.append(pool)
    return pools, after if len(listed) == limit else None


def prefix_of(prefix: str) -> str:
    """Return the part of a prefix before the group."""
    return f"{prefix.partition('/')[0]}/"


def _readable(listed: Iterable[ListedObject], pool_of: PoolOf) -> Iterable[tuple[ListedObject, Pool]]:
    for one in listed:
        try:
            yield one, pool_of(one.key)
        except Damaged:
            continue  # said by `_page`


def _pool_of(prefix: str) -> PoolOf:
    return _pool_of_upload if prefix_of(prefix) == keys.INBOX else keys.parse_pool


def _pool_of_upload(key: str) -> Pool:
    return keys.parse_inbox(key).pool
