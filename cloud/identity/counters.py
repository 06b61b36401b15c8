"""Counters that all web processes of one machine share: a table in memory, made before they are started.

::

    bucket b, 8 slots    sha256 of the key (16 bytes), when it ends (float64, seconds of the monotonic clock, which all
                         processes share), count (int64)

A key hashes to one bucket; the process that looks for it there holds a lock (fcntl(2), record locks) on byte b of a
file meanwhile, which the kernel lets go of when the process dies. In a bucket that is full, what would end first makes
room: a table that overflows forgets, and refuses nobody for that.

What is counted, and what that means, `cloud.identity.quotas` decides with the library `limits`, whose storage this is.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import mmap
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from limits.storage import Storage

SLOTS = 8
_SLOT = struct.Struct("<16sdq")
BUCKET_BYTES = SLOTS * _SLOT.size
BUCKETS = 1 << 15
"""262,144 slots, in 8 MiB, of which the kernel gives only what is used."""


@dataclass(frozen=True, slots=True)
class CounterTable:
    """What processes inherit: the table, and the file of its locks."""

    locks: BinaryIO | None = None
    """Open for writing; None: one process uses the table alone."""
    memory: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, BUCKETS * BUCKET_BYTES))
    """Some buckets."""


class Counters(Storage):
    """One process's hold on a table. Safe to use from several threads.

    There is one in each process, which must not close the table's file, or open it again: that would let go of locks.
    """

    STORAGE_SCHEME = None

    def __init__(self, table: CounterTable, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._table = table
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Return the errors of the table, of which there are none."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter and return what it is then; one that is new, or has ended, begins with `amount`.

        Args:
            key: of the counter.
            expiry: after how many seconds it ends, from its beginning on.
            amount: what is added. A negative one gives back: no counter begins with it, nor sinks below 0.
        """
        digest, bucket = self._place_of(key)
        with self._locked(bucket):
            now = self._clock()
            slots = self._slots(bucket)
            for number, (kept, ends, count) in enumerate(slots):
                if kept == digest and ends > now:
                    count = max(0, count + amount)
                    self._write(bucket, number, digest, ends, count)
                    return count
            if amount <= 0:
                return 0
            first = min(range(SLOTS), key=lambda number: slots[number][1])
            self._write(bucket, first, digest, now + expiry, amount)
            return amount

    def get(self, key: str) -> int:
        """Return a counter, 0 where there is none."""
        return self._find(key)[1]

    def get_expiry(self, key: str) -> float:
        """Return when a counter ends, by the monotonic clock; now where there is none."""
        return self._find(key)[0]

    def check(self) -> bool:
        """Return that the table can be used."""
        return True

    def reset(self) -> int | None:
        """Forget everything, also what other processes counted."""
        self._table.memory[:] = bytes(len(self._table.memory))
        return None

    def clear(self, key: str) -> None:
        """Forget one counter."""
        self.incr(key, 1, -self.get(key))

    def _find(self, key: str) -> tuple[float, int]:
        digest, bucket = self._place_of(key)
        with self._locked(bucket):
            now = self._clock()
            found = ((ends, count) for kept, ends, count in self._slots(bucket) if kept == digest and ends > now)
            return next(found, (now, 0))

    @contextlib.contextmanager
    def _locked(self, bucket: int) -> Iterator[None]:
        locks = self._table.locks
        with self._lock:
            if locks is not None:
                fcntl.lockf(locks, fcntl.LOCK_EX, 1, bucket)
            try:
                yield
            finally:
                if locks is not None:
                    fcntl.lockf(locks, fcntl.LOCK_UN, 1, bucket)

    def _slots(self, bucket: int) -> list[tuple[bytes, float, int]]:
        begin = bucket * BUCKET_BYTES
        return list(_SLOT.iter_unpack(self._table.memory[begin : begin + BUCKET_BYTES]))

    def _write(self, bucket: int, number: int, digest: bytes, ends: float, count: int) -> None:
        _SLOT.pack_into(self._table.memory, bucket * BUCKET_BYTES + number * _SLOT.size, digest, ends, count)

    def _place_of(self, key: str) -> tuple[bytes, int]:
        digest = hashlib.sha256(key.encode()).digest()
        buckets = len(self._table.memory) // BUCKET_BYTES
        return digest[:16], int.from_bytes(digest[16:20], "big") % buckets
