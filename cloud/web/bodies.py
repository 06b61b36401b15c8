"""Reading request bodies: how many bytes are taken, and for how long a client is waited for.

A body that is refused is not read. One that broke off says nothing of what was to be sent, so the answer is "later";
only chunks that came and are garbled are malformed.
"""

from __future__ import annotations

from flask import g, request
from gunicorn.http.errors import ChunkMissingTerminator, ParseException
from werkzeug.exceptions import ClientDisconnected

from cloud.errors import RequestRefused
from cloud.web.greenlets import patience
from cloud.web.service import current_context
from contract.errors import Malformed, TooLarge, shown
from contract.problems import Problem

BLOCK_BYTES = 64 << 10
"""What is waited for at once: half an upload of the recommended size. Smaller blocks notice a stalled client sooner,
but gunicorn copies all that has come for each."""


def read_body(max_bytes: int, *, chunks: bool = True) -> bytes:
    """Read the whole body; `chunks` says whether it may come in chunks.

    Raises:
        RequestRefused: neither a length nor chunks that may be were announced; or it stalled, ended early or was cut
            off; or this process holds as much as it may (`held_bytes`).
        TooLarge: it is larger than `max_bytes`; at most one byte more was read.
        Malformed: its chunks are garbled.
    """
    length = request.content_length
    if length is None and not (chunks and _is_chunked()):
        got = "chunks" if _is_chunked() else "none"
        raise RequestRefused(Problem.LENGTH_REQUIRED, "body", expected="a Content-Length", got=got)
    if length is not None and length > max_bytes:
        raise TooLarge("body", expected=f"at most {max_bytes} bytes", got=f"{length} bytes")
    body = _read(max_bytes + 1 if length is None else length)
    if len(body) > max_bytes:
        raise TooLarge("body", expected=f"at most {max_bytes} bytes", got="more")
    if length is not None and len(body) != length:
        raise _broke_off(f"{len(body)} bytes of {length}")
    return body


def check_media_type(expected: str) -> None:
    """Refuse a body of another kind, before it is read.

    Raises:
        RequestRefused: it is announced as something else, or as nothing.
    """
    if request.mimetype != expected:
        raise RequestRefused(
            Problem.UNSUPPORTED_MEDIA_TYPE, "Content-Type", expected=expected, got=shown(request.mimetype)
        )


def _is_chunked() -> bool:
    return "HTTP_TRANSFER_ENCODING" in request.environ


def _read(most_bytes: int) -> bytes:
    """Read so many bytes, or fewer where the body ends before."""
    blocks: list[bytes] = []
    missing = most_bytes
    while missing and (block := _read_block(min(BLOCK_BYTES, missing), received=most_bytes - missing)):
        g.hold(len(block), g.get("device", g.address))
        blocks.append(block)
        missing -= len(block)
    return b"".join(blocks)


def _read_block(size: int, *, received: int) -> bytes:
    try:
        with patience(size, stall_s=current_context().stall_s):
            return request.stream.read(size)
    except (ClientDisconnected, ParseException, OSError) as error:
        got = f"{type(error).__name__} after {received} bytes"
        if isinstance(error, ParseException) and not _is_cut_short(error):
            raise Malformed("body", expected="whole chunks", got=got) from error
        raise _broke_off(got) from error


def _is_cut_short(error: ParseException) -> bool:
    return isinstance(error, ChunkMissingTerminator) and b"\r\n".startswith(error.term)


def _broke_off(got: str) -> RequestRefused:
    return RequestRefused(Problem.UNAVAILABLE, "body", expected="all of it", got=got)
