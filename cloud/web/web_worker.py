"""The only home of what gunicorn's thread worker lacks, written for gunicorn 27.0.

A thread of gthread reads a request from its first byte to its last, and the main thread waits for clients to close, so
that a handful of clients that stall stop a process for good. Here the way of a connection is::

    accepted -> arriving -> a thread's -> kept alive -> arriving -> ...
                                       -> leaving -> closed

Arriving and leaving take no thread: the main loop collects what comes until that is enough (``arriving``), and
throws away what still comes after the last answer. Both have an end after seconds. A thread's own patience is bounded
by ``cloud.web.patient_socket``. Requests that never reach the application are refused with a problem document too.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from cloud.web.arriving import MAX_HEAD_BYTES, Arriving, Stage
from cloud.web.patient_socket import PatientSocket
from contract.errors import shown
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument

ARRIVAL_S = 5.0
"""For a whole head, and a short body; a trickle of bytes wins no time."""
LEAVE_S = 5.0
MAX_DISCARDED_BYTES = 40 << 20
BLOCK_BYTES = 64 << 10

logger = logging.getLogger(__name__)


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A web process. Its ``app`` is a ``cloud.web.server.Server``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[TConn, float] = {}
        self._leaving: dict[TConn, float] = {}
        """Until when, in the order of these times."""

    # In the main thread

    def enqueue_req(self, conn: TConn) -> None:
        """Called by gunicorn when a connection is new, or has something to read: wait until a request has arrived."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket.take_over(conn.sock, stall_s=self.app.settings.stall_s)
            conn.init()
        conn.sock.begin_request()
        conn.arriving = Arriving(conn.parser.unreader.take_buffered())
        self._wait(conn, self._arriving, self._gather, min(ARRIVAL_S, self.app.settings.stall_s))
        self._gather(conn)

    def finish_request(self, conn: TConn, future: Future[object]) -> None:
        """Called by gunicorn when a thread is done: keep the connection, or let it leave."""
        if future.cancelled() or future.exception() is not None or future.result():
            super().finish_request(conn, future)
        else:
            self._let_leave(conn)

    def murder_pending(self) -> None:
        """Called by gunicorn at least once a second: end what has had its time."""
        now = time.monotonic()
        for conn in _overdue(self._leaving, now):
            self._end(conn, self._leaving)
        for conn in _overdue(self._arriving, now):
            self._give_up(conn)

    def is_parent_alive(self) -> bool:
        """Called by gunicorn at least once a second. Without a parent the port is free for the next one at once."""
        if super().is_parent_alive():
            return True
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
        return False

    def _wait(self, conn: TConn, room: dict[TConn, float], on_readable: Any, patience_s: float) -> None:
        conn.sock.setblocking(False)
        room[conn] = time.monotonic() + patience_s
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(on_readable, conn))

    def _wait_no_more(self, conn: TConn, room: dict[TConn, float]) -> None:
        del room[conn]
        self.poller.unregister(conn.sock)

    def _gather(self, conn: TConn, _: object = None) -> None:
        data = _read(conn.sock)
        conn.arriving.add(data or b"")
        stage = conn.arriving.stage
        if stage is Stage.ENOUGH:
            self._hand_over(conn)
        elif stage is Stage.TOO_LONG:
            self._refuse(conn)
        elif data == b"":
            self._give_up(conn)

    def _give_up(self, conn: TConn) -> None:
        """Nothing more comes, or too late: of a request without its body a thread can say so."""
        if conn.arriving.stage is Stage.BODY:
            self._hand_over(conn, is_all=True)
        else:
            self._end(conn, self._arriving)

    def _refuse(self, conn: TConn) -> None:
        self._wait_no_more(conn, self._arriving)
        with contextlib.suppress(OSError):  # it may be gone
            conn.sock.send(_refusal(f"a head of at most {MAX_HEAD_BYTES} bytes", "more"))
        self._let_leave(conn)

    def _hand_over(self, conn: TConn, *, is_all: bool = False) -> None:
        """Give what has arrived to a thread, which waits for no more of it if that is all."""
        self._wait_no_more(conn, self._arriving)
        if is_all:
            with contextlib.suppress(OSError):  # it may be gone
                conn.sock.shutdown(socket.SHUT_RD)
        conn.parser.unreader.unread(conn.arriving.take())
        super().enqueue_req(conn)

    def _let_leave(self, conn: TConn) -> None:
        """Close the writing half, and read on for a while: closed at once, a client that still sends is reset, and may
        never read the answer.
        """
        with contextlib.suppress(OSError):  # it may be gone
            conn.sock.shutdown(socket.SHUT_WR)
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
            return
        conn.discarded = 0
        self._wait(conn, self._leaving, self._discard, LEAVE_S)

    def _discard(self, conn: TConn, _: object) -> None:
        data = _read(conn.sock)
        if data is None:
            return
        conn.discarded += len(data)
        if not data or conn.discarded > MAX_DISCARDED_BYTES:
            self._end(conn, self._leaving)

    def _end(self, conn: TConn, room: dict[TConn, float]) -> None:
        self._wait_no_more(conn, room)
        self.nr_conns -= 1
        conn.close()

    # In a thread

    def handle(self, conn: TConn) -> object:
        """Called by gunicorn for each request that has arrived."""
        conn.sock.begin_request()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> object:
        """Called by gunicorn for each request that it understood."""
        conn.sock.close_after_answer = req.force_close
        return super().handle_request(req, conn)

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: Exception) -> None:
        """Called by gunicorn."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        logger.info("not a request: %s", exc)
        with contextlib.suppress(OSError):  # whoever sent it may be gone
            client.sendall(_refusal("HTTP/1.1", shown(str(exc))))


def _read(connection: PatientSocket) -> bytes | None:
    """What is there; nothing where the client has closed or is gone; None where there is nothing yet."""
    try:
        return connection.recv(BLOCK_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _overdue(room: dict[TConn, float], now: float) -> list[TConn]:
    return [conn for conn, until in room.items() if until < now]


def _refusal(expected: str, got: str) -> bytes:
    body = ProblemDocument(Problem.MALFORMED, "request", expected, got).encode()
    head = f"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: {PROBLEM_MEDIA_TYPE}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
