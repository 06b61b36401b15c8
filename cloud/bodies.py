"""The only home of reading request bodies, bounded before anything is read; ``cloud.web_worker`` bounds the time.

A body that nobody wanted is read to its end before the refusal is sent, as far as it is short: a client that is cut off
while it still sends never reads why it was refused.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from flask import request
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import ClientDisconnected

from cloud.errors import Refused
from contract.errors import Malformed, TooLarge
from contract.problems import Problem

BLOCK_BYTES = 1 << 20
MAX_DRAINED_BYTES = 64 << 20

_BROKEN = (ClientDisconnected, NoMoreData, ParseException, OSError)


def read_body(max_bytes: int) -> bytes:
    """The whole body.

    Raises:
        Refused: neither a length nor chunks were announced.
        TooLarge: it is larger than `max_bytes`; at most one block more was read.
        Malformed: it ended early, stalled, or its chunks are garbled.
    """
    length = request.content_length
    if length is None and "HTTP_TRANSFER_ENCODING" not in request.environ:
        raise Refused(Problem.LENGTH_REQUIRED, "body", expected="a Content-Length", got="none")
    if length is not None and length > max_bytes:
        raise TooLarge("body", expected=f"at most {max_bytes} bytes", got=f"{length} bytes")
    body = bytearray()
    for block in _blocks():
        body += block
        if len(body) > max_bytes:
            raise TooLarge("body", expected=f"at most {max_bytes} bytes", got="more")
    if length is not None and len(body) != length:
        raise Malformed("body", expected=f"{length} bytes", got=f"{len(body)} bytes")
    return bytes(body)


def drain_body() -> None:
    """Read what is left of the body. Of one that is too long nothing more is read, and its connection ends."""
    if (request.content_length or 0) > MAX_DRAINED_BYTES:
        stop_reading(request.environ)
        return
    drained = 0
    with contextlib.suppress(Malformed):  # nobody wants the body, so nobody minds how it ends
        for block in _blocks():
            drained += len(block)
            if drained > MAX_DRAINED_BYTES:
                stop_reading(request.environ)
                return


def stop_reading(environment: Mapping[str, Any]) -> None:
    """Let the connection look as if its client had sent all: gunicorn then waits for nothing more, and closes it."""
    connection = environment.get("gunicorn.socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # it may be closed already
            connection.shutdown(socket.SHUT_RD)


def _blocks() -> Iterator[bytes]:
    received = 0
    while block := _read_block(received):
        yield block
        received += len(block)


def _read_block(received: int) -> bytes:
    try:
        return request.stream.read(BLOCK_BYTES)
    except _BROKEN as error:
        stop_reading(request.environ)
        got = f"{type(error).__name__} after {received} bytes"
        raise Malformed("body", expected="all of it", got=got) from error
