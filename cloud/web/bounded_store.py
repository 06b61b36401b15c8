"""A store of which no call takes longer than a client waits: one that stands still is a refusal to come later.

A store's own time-outs allow for several tries and slow disks; a device has given up by then, and learns nothing. Here
a call ends after `PATIENCE_S` and what its bytes take at `MIN_STORE_BYTES_PER_S`, as one without an answer: a write may
still happen, and is `Uncertain`.
"""

from __future__ import annotations

import builtins
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cloud.errors import StoreUnreachable, Unavailable, Uncertain
from cloud.store import MAX_LISTED, ByteRange, ListedObject, ObjectStat, ObjectStore, StoredObject
from cloud.web.greenlets import at_most

PATIENCE_S = 12.0
"""The reference device waits for 20 s."""
MIN_STORE_BYTES_PER_S = 1 << 20


@dataclass(frozen=True, slots=True)
class BoundedStore:
    """An `ObjectStore` in front of another one. Its calls are made in greenlets."""

    store: ObjectStore
    patience_s: float = PATIENCE_S

    def __repr__(self) -> str:
        return repr(self.store)

    def prepare(self) -> None:
        """See `ObjectStore`."""
        expected = f"expected an answer, got none in {self.patience_s:g} s"
        with at_most(self.patience_s, StoreUnreachable(f"{self!r}: {expected}")):
            self.store.prepare()

    def put(self, key: str, body: bytes) -> str:
        """See `ObjectStore`."""
        with self._writing(key, len(body)):
            return self.store.put(key, body)

    def put_if_absent(self, key: str, body: bytes) -> str:
        """See `ObjectStore`."""
        with self._writing(key, len(body)):
            return self.store.put_if_absent(key, body)

    def add(self, key: str, body: bytes) -> None:
        """See `ObjectStore`."""
        with self._writing(key, len(body)):
            self.store.add(key, body)

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        """See `ObjectStore`."""
        with self._writing(key, len(body)):
            return self.store.put_if_match(key, body, etag=etag)

    def get(self, key: str, byte_range: ByteRange | None = None) -> StoredObject:
        """See `ObjectStore`."""
        with self._reading(key, byte_range.end - byte_range.begin if byte_range else 0):
            return self.store.get(key, byte_range)

    def stat(self, key: str) -> ObjectStat:
        """See `ObjectStore`."""
        with self._reading(key):
            return self.store.stat(key)

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        """See `ObjectStore`."""
        with self._reading(prefix):
            return self.store.list(prefix, after=after, limit=limit)

    def entries(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> builtins.list[ListedObject]:
        """See `ObjectStore`."""
        with self._reading(prefix):
            return self.store.entries(prefix, after=after, limit=limit)

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        with self._writing(key):
            self.store.delete(key)

    def _reading(self, key: str, size: int = 0) -> AbstractContextManager[None]:
        seconds = self._seconds(size)
        return at_most(seconds, Unavailable(key, f"no answer in {seconds:.0f} s"))

    def _writing(self, key: str, size: int = 0) -> AbstractContextManager[None]:
        seconds = self._seconds(size)
        return at_most(seconds, Uncertain(key, f"no answer in {seconds:.0f} s"))

    def _seconds(self, size: int) -> float:
        return self.patience_s + size / MIN_STORE_BYTES_PER_S
