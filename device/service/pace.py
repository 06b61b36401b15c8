"""Bounds how long an answer may take: its headers by a deadline, its body by a least rate, and all of it by an end.

A time-out for each read alone would let a server that sends a byte a second hold the device for years: in headers that
never end, between two chunks, or behind the last. So every read from the connection is counted here, before anything
is made of it.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import time
from typing import Any, ClassVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from contract.routes import MIN_BYTES_PER_S


class Pace:
    """How fast the answer that is being read has to come. One for each client, as it reads one answer at a time.

    Args:
        timeout_s: for all headers, counted from the end of the request, and for each `MIN_BYTES_PER_S` x `timeout_s`
            bytes of the body.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._deadline = math.inf
        self._patience_s = timeout_s
        self._on_the_way_s = 0.0
        self._window_began, self._window_bytes = math.inf, 0

    def begin_request(self, waiting_bytes: int) -> None:
        """Begin a request of whose body so much may still wait in the kernel when all of it is handed over."""
        self._on_the_way_s = waiting_bytes / MIN_BYTES_PER_S

    def expect_headers(self) -> None:
        """Begin to wait for an answer: its status line and headers have one time-out together.

        It begins when the rest of the body is on its way, however slow the line.
        """
        self._patience_s = self._timeout_s + self._on_the_way_s
        self._deadline = time.monotonic() + self._patience_s
        self._window_began = math.inf

    def expect_body(self, max_bytes: int) -> None:
        """Begin to read a body of at most `max_bytes`, with whatever frames it."""
        now = time.monotonic()
        self._patience_s = self._timeout_s
        self._deadline = now + self._timeout_s + max_bytes / MIN_BYTES_PER_S
        self._window_began, self._window_bytes = now, 0

    def patience_s(self) -> float:
        """Tell how long the next read may wait. Raises `TimeoutError` where no time is left."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        return min(left, self._patience_s)

    def note(self, size: int) -> None:
        """Count what one read brought. Raises `TimeoutError` where it was too little for the time that went by."""
        now = time.monotonic()
        self._window_bytes += size
        if self._window_bytes >= MIN_BYTES_PER_S * self._timeout_s:
            self._window_began, self._window_bytes = now, 0
        elif size and now - self._window_began > self._timeout_s:
            raise TimeoutError("the answer comes too slowly")


def paced_pools(pace: Pace) -> dict[str, type[HTTPConnectionPool]]:
    """Make the kinds of connections whose answers are read at a pace, by scheme, as urllib3 asks for them."""

    class Response(_PacedResponse):
        _pace = pace

    class Plain(HTTPConnection):
        response_class = Response

    class Secure(HTTPSConnection):
        response_class = Response

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _PacedResponse(http.client.HTTPResponse):
    """An answer whose headers are expected from now on."""

    _pace: ClassVar[Pace]

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self._pace.expect_headers()
        self.fp = io.BufferedReader(_PacedReader(self.fp.detach(), sock, self._pace))


class _PacedReader(io.RawIOBase):
    """The bytes of one connection as they come."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, pace: Pace) -> None:
        self._raw, self._sock, self._pace = raw, sock, pace

    def readable(self) -> bool:
        """Tell that it is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Wait for some bytes, no longer than the pace allows."""
        before = self._sock.gettimeout()
        self._sock.settimeout(self._pace.patience_s())
        try:
            size = self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(before)
        self._pace.note(size or 0)
        return size

    def close(self) -> None:
        """Let go of the connection."""
        self._raw.close()
        super().close()
