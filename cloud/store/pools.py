"""Which pools have objects under a prefix: found by few requests, however many objects there are."""

from __future__ import annotations

import logging
from collections.abc import Callable

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore

logger = logging.getLogger(__name__)


def pools_with(store: ObjectStore, *prefixes: str) -> list[Pool]:
    """List the pools with an object under any of some prefixes, in order; stray objects make no pool."""
    return sorted({pool for prefix in prefixes for pool in pools_under(store, prefix, pool_of=_pool_of(prefix))})


def _pool_of(prefix: str) -> Callable[[str], Pool]:
    return _pool_of_upload if prefix == keys.INBOX else keys.parse_pool


def _pool_of_upload(key: str) -> Pool:
    return keys.parse_inbox(key).pool


def pools_under(store: ObjectStore, prefix: str, *, pool_of: Callable[[str], Pool]) -> list[Pool]:
    """List the pools with a key under a prefix, in order, by one LIST of one key for each, and one more.

    A key of which `pool_of` raises `Damaged` is a stray object: it is logged, and hides no pool behind it.
    """
    found: list[Pool] = []
    after = ""
    while listed := store.list(prefix, after=after, limit=1):
        after = listed[0]
        try:
            found.append(pool_of(listed[0]))
        except Damaged as error:
            logger.warning("left in the store: %s", error)
        else:
            after = keys.after_pool(prefix, found[-1])
    return found
