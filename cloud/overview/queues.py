"""What waits in a pool's inbox, and what was set aside from it: counted whole, and read as far as people look."""

from __future__ import annotations

from heapq import nlargest

from cloud.errors import Damaged, NotFound
from cloud.overview.samples import WaitingUpload
from cloud.overview.values import QueueView, RejectedView
from cloud.store import ListedObject, ObjectStore, keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from contract.documents import parse_document

MAX_PAGES = 100
"""Of a thousand keys each: what is beyond is not counted."""
RECENT = 10
MAX_REASON_BYTES = 16 << 10

_REASON = "/reason.json"


def read_queue(store: ObjectStore, pool: Pool) -> tuple[QueueView, list[WaitingUpload]]:
    """Count what waits. A stray object is left out.

    Raises:
        StoreError: the store does not answer.
    """
    entries, is_exact = _entries(store, keys.pool_inbox(pool))
    waiting: list[WaitingUpload] = []
    size = 0
    for entry in entries:
        try:
            upload = keys.parse_inbox(entry.key)
        except Damaged:  # the worker's log names it
            continue
        waiting.append(WaitingUpload(upload, entry.modified))
        size += entry.size
    oldest = min((one.arrived for one in waiting), default=None)
    return QueueView(len(waiting), size, oldest, is_exact), waiting


def read_rejected(store: ObjectStore, pool: Pool) -> tuple[int, tuple[RejectedView, ...]]:
    """Count the uploads that were set aside, and read why the newest of them were.

    Raises:
        StoreError: the store does not answer.
    """
    prefix = keys.pool_rejected(pool)
    entries = [entry for entry in _entries(store, prefix)[0] if entry.key.endswith(_REASON)]
    newest = nlargest(RECENT, entries, key=lambda entry: entry.modified)
    return len(entries), tuple(_describe(store, prefix, entry) for entry in newest)


def _describe(store: ObjectStore, prefix: str, entry: ListedObject) -> RejectedView:
    arrival, _, upload = entry.key.removeprefix(prefix).removesuffix(_REASON).partition("/")
    try:
        with reading(entry.key):
            reason = parse_document(store.get(entry.key).body, where=entry.key, max_bytes=MAX_REASON_BYTES)
            why = reason.text("reason")
    except (Damaged, NotFound):
        why = "not known: the reason cannot be read"
    return RejectedView(arrival.rpartition(".")[0], upload, entry.modified, why)


def _entries(store: ObjectStore, prefix: str) -> tuple[list[ListedObject], bool]:
    """List the objects below a prefix, and tell whether these are all."""
    found: list[ListedObject] = []
    after = ""
    for _ in range(MAX_PAGES):
        page = store.entries(prefix, after=after)
        if not page:
            return found, True
        found += page
        after = page[-1].key
    return found, False
