"""The inbox: uploads that were acknowledged and wait to be merged.

An upload is one object under a key that its bytes decide, put only where nothing is: adding it twice is adding it once.
There is no mark of what was seen: every object in the inbox waits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from cloud.errors import AlreadyExists, Damaged
from cloud.store import keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.listing import count_under, exists, keys_under
from cloud.store.pools import oldest_of_pools
from cloud.store.store import MAX_LISTED, ObjectStore

logger = logging.getLogger(__name__)


def add(store: ObjectStore, upload: InboxUpload, body: bytes) -> bool:
    """Keep an upload until it is merged, with one PUT, and tell whether it is new to the inbox.

    Raises:
        Unavailable: it is not kept.
        Uncertain: it may be kept; adding it again is safe.
    """
    try:
        store.add(keys.inbox(upload), body)
    except AlreadyExists:
        return False
    return True


def has(store: ObjectStore, upload: InboxUpload) -> bool:
    """Tell whether an upload waits, or is in the dataset. False says nothing of one that brought nothing new there.

    Raises:
        Unavailable: the store does not say.
    """
    # In this order: a merge gives the receipt before it takes the upload out of the inbox.
    return any(exists(store, key) for key in (keys.inbox(upload), keys.receipt(upload)))


@dataclass(frozen=True, slots=True)
class InboxPage:
    """What one LIST of a pool's inbox says."""

    uploads: list[InboxUpload]
    last_key: str
    is_last: bool


def pending(store: ObjectStore, pool: Pool, *, after: str = "", limit: int = MAX_LISTED) -> InboxPage:
    """List at most `limit` uploads that wait in a pool, by device and hash, whose keys come after one."""
    listed = store.list(keys.pool_inbox(pool), after=after, limit=limit)
    uploads = [upload for upload in map(_parse, listed) if upload is not None]
    return InboxPage(uploads, listed[-1] if listed else after, is_last=len(listed) < limit)


def all_pending(store: ObjectStore, pool: Pool) -> Iterator[InboxUpload]:
    """Yield every upload that waits in a pool, by one LIST for each thousand."""
    return (upload for key in keys_under(store, keys.pool_inbox(pool)) if (upload := _parse(key)) is not None)


def count_of(store: ObjectStore, pool: Pool, *, device: str) -> int:
    """Count the uploads of one device that wait in a pool, by one LIST for each thousand."""
    return count_under(store, keys.device_inbox(pool, device))


def pools_with_news(store: ObjectStore) -> list[Pool]:
    """List every pool in which an upload waits."""
    return list(news(store))


def news(store: ObjectStore) -> dict[Pool, float]:
    """Return the pools in which uploads wait, in order, and when one of the first of these came, Unix seconds.

    It costs a LIST for each thousand uploads, and one for each pool with more: nothing of pools in which none waits.
    """
    return oldest_of_pools(store, keys.INBOX)


def _parse(key: str) -> InboxUpload | None:
    try:
        return keys.parse_inbox(key)
    except Damaged as error:  # a stray object must not stop the worker; somebody should still hear of it
        logger.warning("left in the inbox: %s", error)
        return None
