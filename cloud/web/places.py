"""How many requests of one process are under way at once, so that health is answered however long the others wait.

A store that stalls keeps each request that needs it for as long as the store's own time-outs last; a process accepts no
connection once so many wait as it may have. So the others get a share of these only, and who comes beyond it is told at
once to come later. Health needs no place.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from cloud.errors import RequestRefused
from contract.problems import Problem


class Places:
    """The requests that are under way. Safe to use from several threads."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def take(self) -> Iterator[None]:
        """Take a place until the block ends.

        Raises:
            RequestRefused: none is free.
        """
        with self._lock:
            if self._taken >= self._count:
                expected = f"at most {self._count} requests of a process at once"
                raise RequestRefused(Problem.UNAVAILABLE, "service", expected=expected, got="one more")
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
