"""The only home of how long a thread waits for the client of one connection.

A client is too slow if nothing moves for some seconds, or if, after a time of grace, fewer bytes moved than the
contract's `MIN_BYTES_PER_S` asks for. Only the time counts in which the thread waited for the client, not what the
service itself took.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Callable, Iterator

from contract.routes import MIN_BYTES_PER_S

GRACE_S = 30.0
UNSENT_BYTES = 16 << 10
"""What may wait in the kernel beside what is on its way: the line must be seen to move within the time for a stall."""


class PatientSocket(socket.socket):
    """A connection that counts as reset, which gunicorn and the routes understand, when its client is too slow."""

    stall_s: float
    close_after_answer: Callable[[], None]
    """Makes the answer under way the last of this connection, and lets it say so. Set for each request."""
    _waited_s = 0.0
    _moved = 0

    @classmethod
    def take_over(cls, connection: socket.socket, *, stall_s: float) -> PatientSocket:
        """The same connection; the socket that was given is not to be used any more."""
        family, kind, protocol = connection.family, connection.type, connection.proto
        taken = cls(family, kind, protocol, fileno=connection.detach())
        taken.stall_s = stall_s
        if family != socket.AF_UNIX and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        return taken

    def begin_request(self) -> None:
        """Count time and bytes anew."""
        self._waited_s, self._moved = 0.0, 0

    def setblocking(self, flag: bool) -> None:
        """Gunicorn blocks while a thread serves the connection; here that has an end."""
        self.settimeout(self.stall_s if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """As ever, but a client that is too slow is a reset."""
        with self._reset_on_timeout():
            begin = time.monotonic()
            data = super().recv(bufsize, flags)
            self._count(len(data), time.monotonic() - begin)
            return data

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]  # what gunicorn gives it
        """As ever, but a client that is too slow is a reset."""
        left = memoryview(data)
        with self._reset_on_timeout():
            while left:
                begin = time.monotonic()
                sent = super().send(left, flags)
                left = left[sent:]
                self._count(sent, time.monotonic() - begin)

    def _count(self, moved: int, waited_s: float) -> None:
        self._moved += moved
        self._waited_s += waited_s
        if self._waited_s > GRACE_S + self._moved / MIN_BYTES_PER_S:
            raise TimeoutError

    @contextlib.contextmanager
    def _reset_on_timeout(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            with contextlib.suppress(OSError):  # nothing more is read, whoever tries
                self.shutdown(socket.SHUT_RD)
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None
