"""How many bytes of request bodies one process holds at once, so that a crowd that waits does not fill the memory.

A body is held from its first block until its request is answered: while its client is slow, and while the store is. So
many uploads as there are places would be 24 GB. Bytes are counted as they come, not as they are announced: who
announces much and sends nothing takes nothing from others.

The frames of a call that failed in a library may hold its error, and the error them, and the body with both. So garbage
is collected after so many bytes; Python, which counts objects and not what they weigh, would be in no hurry.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable, Iterator

from cloud.errors import RequestRefused
from contract.problems import Problem

MAX_HELD_BYTES = 256 << 20
"""Of one process: eight of the largest uploads, a thousand and more of usual ones."""

COLLECTED_AFTER_BYTES = 64 << 20

Hold = Callable[[int], None]
"""Counts some more bytes of one body; raises `RequestRefused` where there is no room for them."""


class HeldBytes:
    """The bytes of all bodies under way. Safe to use from several threads."""

    def __init__(self, most: int = MAX_HELD_BYTES, *, collect: Callable[[], object] = gc.collect) -> None:
        self._most = most
        self._collect = collect
        self._held = 0
        self._let_go = 0
        """Since garbage was collected."""
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
            if self._end(held):
                self._collect()

    def _end(self, held: int) -> bool:
        """Let go of the bytes of a body, and tell whether it is time to collect garbage."""
        with self._lock:
            self._held -= held
            self._let_go += held
            is_due = self._let_go >= COLLECTED_AFTER_BYTES
            self._let_go *= not is_due
        return is_due
