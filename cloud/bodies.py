"""The only home of reading request bodies: bounded in bytes before anything is read, and in time while it is.

A thread that waits for bytes serves nobody else, so a client that stalls, or trickles below a floor, is given up. A
body that nobody wanted is read to its end before the refusal is sent, as far as it is short: a client that is cut off
while it still sends never reads why it was refused.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import request
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import ClientDisconnected

from cloud.errors import Refused
from contract.errors import Malformed, TooLarge
from contract.problems import Problem

BLOCK_BYTES = 1 << 20
MAX_DRAINED_BYTES = 64 << 20
GRACE_S = 30.0
SLOWEST_BYTES_S = 4 << 10

_BROKEN = (ClientDisconnected, NoMoreData, ParseException, OSError)


def limit_stall(stall_s: float) -> None:
    """Give up reading the body when no byte came for `stall_s`. Does nothing under another server than gunicorn."""
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(stall_s)


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


def drain_body() -> bool:
    """Read what is left of the body, and tell whether that was its end."""
    drained = 0
    try:
        for block in _blocks():
            drained += len(block)
            if drained > MAX_DRAINED_BYTES:
                return False
    except Malformed:
        return False
    return True


def _blocks() -> Iterator[bytes]:
    begin, received = time.monotonic(), 0
    while True:
        try:
            block = request.stream.read(BLOCK_BYTES)
        except _BROKEN as error:
            raise Malformed(
                "body", expected="all of it", got=f"{type(error).__name__} after {received} bytes"
            ) from error
        if not block:
            return
        yield block
        received += len(block)
        if time.monotonic() - begin > GRACE_S + received / SLOWEST_BYTES_S:
            raise Malformed("body", expected=f"at least {SLOWEST_BYTES_S} bytes a second", got="fewer")
