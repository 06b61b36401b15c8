"""How many bodies of one device, either way, are under way at once, so that it cannot take what others need.

Two: a phone that lost its network tries again while the service still waits for it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from cloud.errors import RequestRefused
from contract.problems import Problem

MAX_AT_ONCE = 2


class ConcurrencyLimit:
    """The bodies that are under way in one process, by device. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()

    @contextlib.contextmanager
    def take(self, device: str) -> Iterator[None]:
        """Count one more body of a device until the block ends.

        Raises:
            RequestRefused: it has as many as it may have.
        """
        self._begin(device)
        try:
            yield
        finally:
            self._end(device)

    def _begin(self, device: str) -> None:
        with self._lock:
            if self._under_way[device] >= MAX_AT_ONCE:
                expected = f"at most {MAX_AT_ONCE} bodies of a device at once"
                raise RequestRefused(Problem.TOO_MANY_REQUESTS, "body", expected=expected, got="one more")
            self._under_way[device] += 1

    def _end(self, device: str) -> None:
        with self._lock:
            self._under_way[device] -= 1
            if not self._under_way[device]:
                del self._under_way[device]
