"""How many bodies of one device, either way, are under way at once, so that it cannot take what others need.

Two: a phone that lost its network tries again while the service still waits for it. They hold for all web processes of
one machine, which share a file::

    byte 2n, byte 2n + 1    the two places of the devices whose ids hash to n (55 bits); nothing is ever written

A process that has a body of a device under way holds a lock on a byte of it (fcntl(2), record locks). The kernel lets
go of what a process held, however it dies; a lock costs no byte of the file, and two system calls.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from cloud.errors import RequestRefused
from contract.problems import Problem

MAX_AT_ONCE = 2


@dataclass(slots=True)
class ConcurrencyLimit:
    """The bodies that are under way, by device. Safe to use from several threads.

    There is one in each process: a process may lock again what it has locked, so it counts its own by itself. It must
    not close the file, or open it again, as that would let go of its locks.
    """

    shared: BinaryIO | None = None
    """What the processes of this machine share, open for writing; None: this process is alone."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _under_way: dict[str, list[int]] = field(default_factory=dict)
    """By device: its places that this process holds."""

    @contextlib.contextmanager
    def take(self, device: str) -> Iterator[None]:
        """Count one more body of a device until the block ends.

        Raises:
            RequestRefused: it has as many as it may have.
        """
        place = self._begin(device)
        try:
            yield
        finally:
            self._end(device, place)

    def _begin(self, device: str) -> int:
        with self._lock:
            held = self._under_way.get(device, [])
            for place in range(MAX_AT_ONCE):
                if place not in held and self._claim(device, place):
                    self._under_way[device] = [*held, place]
                    return place
        expected = f"at most {MAX_AT_ONCE} bodies of a device at once"
        raise RequestRefused(Problem.TOO_MANY_REQUESTS, "body", expected=expected, got="one more")

    def _end(self, device: str, place: int) -> None:
        with self._lock:
            self._under_way[device].remove(place)
            if not self._under_way[device]:
                del self._under_way[device]
            if self.shared is not None:
                fcntl.lockf(self.shared, fcntl.LOCK_UN, 1, _byte_of(device, place))

    def _claim(self, device: str, place: int) -> bool:
        """Take a place that this process does not hold, unless another one does."""
        if self.shared is None:
            return True
        try:
            fcntl.lockf(self.shared, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(device, place))
        except (BlockingIOError, PermissionError):  # which of the two it is depends on the system
            return False
        return True


def _byte_of(device: str, place: int) -> int:
    digest = hashlib.sha256(device.encode()).digest()
    return MAX_AT_ONCE * (int.from_bytes(digest[:7], "big") >> 1) + place
