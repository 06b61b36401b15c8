"""Whether a process can do its work: its store takes a write, and devices can enrol.

The route is open to everybody, so the store is tried at most once in `CHECKED_EVERY_S`, in a thread of its own. Who
asks waits for that `ANSWERED_IN_S` at most; where the store takes longer, and for all others, the last result counts,
until it is `BELIEVED_S` old. Where there is none, or none so young, the others wait with the one who asked, and no
longer than that one: after it nobody waits for a store that hangs.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from cloud.errors import StoreError, Unavailable
from cloud.store import keys
from cloud.store.store import ObjectStore

CHECKED_EVERY_S = 2.0
ANSWERED_IN_S = 2.0
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

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float], answered_in_s: float = ANSWERED_IN_S) -> None:
        self._store = store
        self._clock = clock
        self._answered_in_s = answered_in_s
        self._trying = threading.Lock()
        self._found: Ready | StoreError = Unavailable(keys.READY, "no answer yet")
        self._found_at: float | None = None
        self._tried_at: float | None = None
        """When the try began that is under way."""

    def ask(self) -> Ready:
        """Return how this process works, within some two seconds.

        Raises:
            StoreFull: there is no room for an upload.
            StoreError: the store cannot be written or read, or has not answered for a while.
        """
        if self._is_due() and self._trying.acquire(blocking=False):
            self._tried_at = self._clock()
            check = threading.Thread(target=self._check, daemon=True)
            check.start()
            check.join(self._answered_in_s)
        elif not self._is_believed():
            self._wait_for_another()
        if self._trying.locked() and not self._is_believed():
            raise Unavailable(keys.READY, f"no answer for {self._silent_s():.0f} s")
        if isinstance(self._found, StoreError):
            raise self._found.with_traceback(None)  # it is raised again and again
        return self._found

    def _is_due(self) -> bool:
        return self._age_s() >= CHECKED_EVERY_S

    def _is_believed(self) -> bool:
        return self._age_s() < BELIEVED_S

    def _wait_for_another(self) -> None:
        """Wait for the end of the try that another one has begun, as long as that one does."""
        left_s = self._answered_in_s - self._silent_s()
        if left_s > 0 and self._trying.acquire(timeout=left_s):
            self._trying.release()

    def _silent_s(self) -> float:
        """Return for how long the try has had no answer that is under way."""
        tried_at = self._tried_at
        return 0.0 if tried_at is None else self._clock() - tried_at

    def _age_s(self) -> float:
        """Return how old the last result is."""
        return math.inf if self._found_at is None else self._clock() - self._found_at

    def _check(self) -> None:
        try:
            self._found = self._look()
            self._found_at = self._clock()
        finally:
            self._tried_at = None
            self._trying.release()

    def _look(self) -> Ready | StoreError:
        try:
            self._store.put(keys.READY, BODY)
            return Ready(enrolment=bool(self._store.list(keys.VERIFY, limit=1)))
        except StoreError as error:
            return error
