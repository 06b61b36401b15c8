"""Objects: GET /v1/objects/{sha256}, heads and label lists of the token's own group, whole or in part.

A whole object is sent in pieces, so that a thread holds one piece of it in memory and not all. While it is sent it is
one of its device's turns.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus

from flask import Blueprint, Response, request
from werkzeug.datastructures import ContentRange

from cloud.errors import NotFound, Refused, StoreError
from cloud.store import keys
from cloud.store.store import ByteRange, ObjectStore
from cloud.web.routes import rule
from cloud.web.routes.conditions import asker_has, range_stands
from cloud.web.service import current_context, requesting_device
from contract.errors import shown
from contract.patterns import HEX64_PATTERN, check_name
from contract.problems import Problem
from contract.routes import CACHE_CONTROL, IMMUTABLE, OBJECT, OBJECT_MEDIA_TYPE

PIECE_BYTES = 4 << 20
SENT_AT_ONCE_BYTES = 64 << 10

_LAST_NONE = re.compile(r"\s*bytes\s*=\s*-0+\s*")
"""A suffix of no bytes, which Werkzeug takes for all of them."""

logger = logging.getLogger(__name__)
blueprint = Blueprint("objects", __name__)


@blueprint.get(rule(OBJECT))
def get_object(sha256: str) -> Response:
    """An object's bytes; 206 with a range, 304 when the asker has it."""
    device = requesting_device()
    check_name(sha256, HEX64_PATTERN, where="path.sha256")
    store, key = current_context().store, keys.shared_object(device.group, sha256)
    size = _size(store, key)
    if asker_has(sha256):
        return _describe(Response(status=HTTPStatus.NOT_MODIFIED), sha256)
    wanted = _wanted_range(size) if range_stands(sha256) else None
    answer = _sending(store, key, wanted or ByteRange(0, size), device=device.id)
    answer.content_length = size if wanted is None else wanted.end - wanted.begin
    if wanted is not None:
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer.content_range = ContentRange("bytes", wanted.begin, wanted.end, size)
    return _describe(answer, sha256)


def _sending(store: ObjectStore, key: str, wanted: ByteRange, *, device: str) -> Response:
    """An answer that gives its turn back when it was sent, or cannot be; nothing is read for HEAD."""
    if request.method == "HEAD":
        return Response(mimetype=OBJECT_MEDIA_TYPE)
    with ExitStack() as turn:
        turn.enter_context(current_context().limit.take(device))
        answer = Response(_pieces(store, key, wanted), mimetype=OBJECT_MEDIA_TYPE)
        answer.call_on_close(turn.pop_all().close)
    return answer


def _describe(answer: Response, sha256: str) -> Response:
    answer.set_etag(sha256)
    answer.headers[CACHE_CONTROL] = IMMUTABLE
    answer.headers["Accept-Ranges"] = "bytes"
    return answer


def _size(store: ObjectStore, key: str) -> int:
    try:
        return store.stat(key).size
    except NotFound:
        sha256 = key.rpartition("/")[2]
        raise Refused(Problem.NOT_FOUND, "path.sha256", expected="an object of your group", got=shown(sha256)) from None


def _wanted_range(size: int) -> ByteRange | None:
    """The one range that was asked for; None for the whole object, as RFC 9110 allows for everything unusual.

    Raises:
        Refused: the range begins behind the object's end, or has no bytes.
    """
    if _LAST_NONE.fullmatch(request.headers.get("Range", "")):
        raise _not_satisfiable(size)
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    found = asked.range_for_length(size)
    if found is None:
        raise _not_satisfiable(size)
    return ByteRange(*found)


def _not_satisfiable(size: int) -> Refused:
    return Refused(
        Problem.RANGE_NOT_SATISFIABLE,
        "Range",
        expected=f"a part of {size} bytes",
        got=shown(request.headers["Range"]),
        headers={"Content-Range": f"bytes */{size}"},
    )


def _pieces(store: ObjectStore, key: str, wanted: ByteRange) -> Iterator[bytes]:
    """The bytes of a range, piece by piece; the first one is had at once, while a refusal can still be said."""
    begins = range(wanted.begin, wanted.end, PIECE_BYTES)
    pieces = (ByteRange(begin, min(begin + PIECE_BYTES, wanted.end)) for begin in begins)
    first = next(pieces, None)
    return _send(store, key, store.get(key, first).body if first else b"", pieces)


def _send(store: ObjectStore, key: str, first: bytes, pieces: Iterator[ByteRange]) -> Iterator[bytes]:
    yield from _slices(first)
    for piece in pieces:
        try:
            yield from _slices(store.get(key, piece).body)
        except StoreError as error:
            logger.warning("cut off in the middle: %s", error)
            raise ConnectionResetError(errno.ECONNRESET, "the store stopped answering") from error


def _slices(piece: bytes) -> Iterator[bytes]:
    """Parts so small that gunicorn, which copies each, copies little."""
    return (piece[begin : begin + SENT_AT_ONCE_BYTES] for begin in range(0, len(piece), SENT_AT_ONCE_BYTES))
