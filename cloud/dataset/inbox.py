"""The only home of the inbox: uploads that were acknowledged and wait to be merged.

An upload is one object under a key that its bytes decide, put only where nothing is: adding it twice is adding it once.
There is no mark of what was seen; what is there is what waits.
"""

from __future__ import annotations

import logging

from cloud.errors import AlreadyExists, Damaged
from cloud.store import keys
from cloud.store.keys import Arrival, Pool
from cloud.store.store import MAX_LISTED, ObjectStore

logger = logging.getLogger(__name__)


def add(store: ObjectStore, arrival: Arrival, body: bytes) -> bool:
    """Keep an upload until it is merged, with one PUT; tell whether it was not waiting already.

    Raises:
        Unavailable: it is not kept.
        Uncertain: it may be kept; adding it again is safe.
    """
    try:
        store.put_if_absent(keys.inbox(arrival), body)
    except AlreadyExists:
        return False
    return True


def pending(store: ObjectStore, pool: Pool, *, limit: int = MAX_LISTED) -> list[Arrival]:
    """The first `limit` uploads that wait in a pool, by device and hash."""
    arrivals = (_parse(key) for key in store.list(keys.pool_inbox(pool), limit=limit))
    return [arrival for arrival in arrivals if arrival is not None]


def pools_with_news(store: ObjectStore) -> list[Pool]:
    """Every pool in which an upload waits: one LIST of one key for each, and one more."""
    pools: list[Pool] = []
    after = ""
    while found := store.list(keys.INBOX, after=after, limit=1):
        arrival = _parse(found[0])
        after = found[0]
        if arrival is not None:
            pools.append(arrival.pool)
            after = keys.after_pool(keys.INBOX, arrival.pool)
    return pools


def _parse(key: str) -> Arrival | None:
    try:
        return keys.parse_inbox(key)
    except Damaged as error:  # a stray object must not stop the worker; somebody should still hear of it
        logger.warning("left in the inbox: %s", error)
        return None
