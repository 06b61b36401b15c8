"""The only home of what gunicorn's thread worker lacks, written for gunicorn 27.

A thread of gthread reads head and body of a request without a time-out, so a handful of clients that stall would stop a
process for good. Here every socket gives up after some seconds without a byte, connections that stay silent are not
even accepted (Linux), and requests that never reach the application are refused with a problem document too.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import time
from collections.abc import Iterator

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from contract.errors import shown
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument

SILENCE_S = 10
GRACE_S = 30.0
SLOWEST_BYTES_S = 4 << 10

logger = logging.getLogger(__name__)


class PatientSocket(socket.socket):
    """A connection that counts as reset, which gunicorn and the routes understand, when its client is too slow.

    Too slow is: nothing for `stall_s`, or, after a time of grace, fewer bytes of a request than `SLOWEST_BYTES_S`.
    """

    stall_s: float
    _begin = 0.0
    _received = 0

    @classmethod
    def take_over(cls, connection: socket.socket, *, stall_s: float) -> PatientSocket:
        """The same connection; the socket that was given is not to be used any more."""
        family, kind, protocol = connection.family, connection.type, connection.proto
        taken = cls(family, kind, protocol, fileno=connection.detach())
        taken.stall_s = stall_s
        return taken

    def begin_request(self) -> None:
        """Count time and bytes anew."""
        self._begin, self._received = time.monotonic(), 0

    def setblocking(self, flag: bool) -> None:
        """Gunicorn blocks while a thread serves the connection; here that has an end."""
        self.settimeout(self.stall_s if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """As ever, but a client that is too slow is a reset."""
        with self._reset_on_timeout():
            data = super().recv(bufsize, flags)
            self._received += len(data)
            if time.monotonic() - self._begin > GRACE_S + self._received / SLOWEST_BYTES_S:
                raise TimeoutError
            return data

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]  # what gunicorn gives it
        """As ever, but a time-out is a reset. All of `data` must go within `stall_s`, so it had better be small."""
        with self._reset_on_timeout():
            super().sendall(data, flags)

    @contextlib.contextmanager
    def _reset_on_timeout(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            with contextlib.suppress(OSError):  # so that closing waits for nothing: gunicorn's main thread does it
                self.shutdown(socket.SHUT_RD)
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A web process. Its ``app`` is a ``cloud.server.Server``."""

    def init_process(self) -> None:
        """Called by gunicorn after the fork; returns when the process is to end."""
        for listener in self.sockets:
            with contextlib.suppress(AttributeError, OSError):  # not Linux, or no TCP
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENCE_S)
        super().init_process()

    def handle(self, conn: TConn) -> object:
        """Called by gunicorn in a thread, for each request."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket.take_over(conn.sock, stall_s=self.app.settings.stall_s)
        conn.sock.begin_request()
        return super().handle(conn)

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: Exception) -> None:
        """Called by gunicorn."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        logger.info("not a request: %s", exc)
        with contextlib.suppress(OSError):  # whoever sent it may be gone
            client.sendall(_refusal(exc))


def _refusal(error: Exception) -> bytes:
    body = ProblemDocument(Problem.MALFORMED, "request", "HTTP/1.1", shown(str(error))).encode()
    head = f"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: {PROBLEM_MEDIA_TYPE}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
