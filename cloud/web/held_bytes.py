"""How many bytes of request bodies one process holds at once, so that a crowd that waits does not fill the memory.

A body is held from its first block until its request is answered: while its client is slow, and while the store is. So
many uploads as there are places would be 24 GB. Bytes are counted as they come, not as they are announced: who
announces much and sends nothing takes nothing from others. Half of the room is for who holds little: a few devices that
send their largest uploads slowly fill the other half at most, and usual uploads of all others go on.

The frames of a call that failed in a library may hold its error, and the error them, and the body with both. So garbage
is collected after so many bytes; Python, which counts objects and not what they weigh, would be in no hurry.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from cloud.errors import RequestRefused
from contract.problems import Problem

MAX_HELD_BYTES = 256 << 20
"""Of one process: four of the largest uploads, and a thousand of usual ones beside them."""

LITTLE = 64
"""Who holds more than one part in so many finds only half of the room: with 256 MiB, more than 4 MiB."""

COLLECTED_AFTER_BYTES = 64 << 20

Hold = Callable[[int, str], None]
"""Counts some more bytes of one body, and who sends it; raises `RequestRefused` where there is no room for them."""


class HeldBytes:
    """The bytes of all bodies under way. Safe to use from several threads."""

    def __init__(self, most: int = MAX_HELD_BYTES, *, collect: Callable[[], object] = gc.collect) -> None:
        self._most = most
        self._collect = collect
        self._held: Counter[str] = Counter()
        """By who sends it."""
        self._let_go = 0
        """Since garbage was collected."""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def body(self) -> Iterator[Hold]:
        """Return what counts the bytes of one body, which are let go at the end of the block."""
        held: Counter[str] = Counter()

        def hold(size: int, whose: str) -> None:
            with self._lock:
                is_little = self._held[whose] + size <= self._most // LITTLE
                room = self._most if is_little else self._most // 2
                if self._held.total() + size > room:
                    expected = f"at most {room} bytes of bodies in a process at once"
                    raise RequestRefused(Problem.UNAVAILABLE, "body", expected=expected, got="more")
                self._held[whose] += size
                held[whose] += size

        try:
            yield hold
        finally:
            if self._end(held):
                self._collect()

    def _end(self, held: Counter[str]) -> bool:
        """Let go of the bytes of a body, and tell whether it is time to collect garbage."""
        with self._lock:
            self._held -= held  # who holds nothing any more is forgotten
            self._let_go += held.total()
            is_due = self._let_go >= COLLECTED_AFTER_BYTES
            self._let_go *= not is_due
        return is_due
