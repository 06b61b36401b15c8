"""Whether a process can do its work: its store takes a write, and devices can enrol.

The route is open to everybody, so the store is tried at most once in `CHECKED_EVERY_S`, by one request at a time; all
others get the last result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cloud.errors import StoreError, Unavailable
from cloud.store import keys
from cloud.store.store import ObjectStore

CHECKED_EVERY_S = 2.0
BELIEVED_S = 15.0
BODY = b"ready" * 1000
"""More than a file system keeps beside a file's name."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A process that works."""

    enrolment: bool
    """Whether the worker has left its key, without which nobody can enrol."""


class Readiness:
    """The result of the last try of the store. Safe to use from several threads."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._trying = threading.Lock()
        self._found: Ready | StoreError = Unavailable(keys.READY, "no answer yet")
        self._found_at: float | None = None
        self._waits_since = clock()
        """For an answer of the store."""

    def ask(self) -> Ready:
        """Return how this process works.

        Raises:
            StoreFull: there is no room for an upload.
            StoreError: the store cannot be written or read, or has not answered for a while.
        """
        now = self._clock()
        if (self._found_at is None or now - self._found_at >= CHECKED_EVERY_S) and self._trying.acquire(blocking=False):
            self._check()
        elif now - self._waits_since >= BELIEVED_S:
            raise Unavailable(keys.READY, f"no answer for {BELIEVED_S:.0f} s")
        if isinstance(self._found, StoreError):
            raise self._found.with_traceback(None)  # it is raised again and again
        return self._found

    def _check(self) -> None:
        try:
            self._found = self._look()
            self._found_at = self._waits_since = self._clock()
        finally:
            self._trying.release()

    def _look(self) -> Ready | StoreError:
        try:
            self._store.put(keys.READY, BODY)
            return Ready(enrolment=bool(self._store.list(keys.VERIFY, limit=1)))
        except StoreError as error:
            return error
