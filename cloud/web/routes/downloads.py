"""Objects: GET /v1/objects/{sha256}, heads and label lists of the token's own group, whole or in part.

Werkzeug reads ranges and conditions. An object is sent piece by piece, so that one piece of it is in memory and not
all of it, and counts as one of its device's bodies while it is sent.
"""

from __future__ import annotations

import errno
import itertools
import logging
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http import HTTPStatus

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from cloud.errors import NotFound, RequestRefused, StoreError
from cloud.releases import objects
from cloud.store.store import ListedObject, ObjectStore
from cloud.web.routes import rule
from cloud.web.routes.conditions import conditions
from cloud.web.service import current_context, requesting_device
from cloud.web.stored_file import StoredFile
from contract.errors import shown
from contract.problems import Problem
from contract.routes import CACHE_CONTROL, IMMUTABLE, OBJECT, OBJECT_MEDIA_TYPE

PIECE_BYTES = 4 << 20

logger = logging.getLogger(__name__)
blueprint = Blueprint("objects", __name__)


@blueprint.get(rule(OBJECT))
def get_object(sha256: str) -> Response:
    """Answer an object's bytes; 206 with a range, 304 when the client has it."""
    device = requesting_device()
    store = current_context().store
    for _ in range(objects.ATTEMPTS):
        answer = _describe(store, device.group, sha256)
        if request.method != "GET" or answer.status_code == HTTPStatus.NOT_MODIFIED:
            return answer
        with suppress(NotFound):  # the copy was deleted since it was found, and there may be another one
            _begin(answer, device=device.id)
            return answer
    raise _not_found(sha256)


def _describe(store: ObjectStore, group: str, sha256: str) -> Response:
    """Return the answer that was asked for, of which nothing is read yet."""
    found = _find(store, group, sha256)
    size = found.size
    pieces = FileWrapper(StoredFile(store, found.key, size=size), PIECE_BYTES)  # type: ignore[arg-type]  # it only reads
    answer = Response(pieces, mimetype=OBJECT_MEDIA_TYPE)
    answer.content_length = size
    answer.set_etag(sha256)
    answer.headers[CACHE_CONTROL] = IMMUTABLE
    try:
        return answer.make_conditional(conditions(sha256), accept_ranges=True, complete_length=size)  # type: ignore[return-value]  # itself
    except RequestedRangeNotSatisfiable:
        raise _not_satisfiable(size) from None


def _find(store: ObjectStore, group: str, sha256: str) -> ListedObject:
    try:
        return objects.find(store, group, sha256)
    except NotFound:
        raise _not_found(sha256) from None


def _not_found(sha256: str) -> RequestRefused:
    return RequestRefused(Problem.NOT_FOUND, "path.sha256", expected="an object of your group", got=shown(sha256))


def _not_satisfiable(size: int) -> RequestRefused:
    return RequestRefused(
        Problem.RANGE_NOT_SATISFIABLE,
        "Range",
        expected=f"one part of {size} bytes",
        got=shown(request.headers["Range"]),
        headers={"Content-Range": f"bytes */{size}"},
    )


def _begin(answer: Response, *, device: str) -> None:
    """Count the answer as one of the device's bodies until it was sent, or cannot be.

    The first piece is read at once, while the answer can still be that the store does not work.
    """
    with ExitStack() as body:
        body.enter_context(current_context().limit.take(device))
        pieces = answer.iter_encoded()
        first = next(pieces, b"")
        answer.response = itertools.chain([first], _rest(pieces))
        answer.call_on_close(body.pop_all().close)


def _rest(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except StoreError as error:
        logger.warning("cut off in the middle: %s", error)
        raise ConnectionResetError(errno.ECONNRESET, "the store stopped answering") from error
