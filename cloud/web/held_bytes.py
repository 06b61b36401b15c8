"""How many bytes of request bodies one process holds at once, so that a crowd that waits does not fill the memory.

A body is held from its first block until its request is answered: while its client is slow, and while the store is. So
many uploads as there are places would be 24 GB. Bytes are counted as they come, not as they are announced: who
announces much and sends nothing takes nothing from others.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from cloud.errors import RequestRefused
from contract.problems import Problem

MAX_HELD_BYTES = 256 << 20
"""Of one process: eight of the largest uploads, a thousand and more of usual ones."""

Hold = Callable[[int], None]
"""Counts some more bytes of one body; raises `RequestRefused` where there is no room for them."""


class HeldBytes:
    """The bytes of all bodies under way. Safe to use from several threads."""

    def __init__(self, most: int = MAX_HELD_BYTES) -> None:
        self._most = most
        self._held = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def body(self) -> Iterator[Hold]:
        """Return what counts the bytes of one body, which are let go at the end of the block."""
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            with self._lock:
                if self._held + size > self._most:
                    expected = f"at most {self._most} bytes of bodies in a process at once"
                    raise RequestRefused(Problem.UNAVAILABLE, "body", expected=expected, got="more")
                self._held += size
                held += size

        try:
            yield hold
        finally:
            with self._lock:
                self._held -= held
