"""Releases: GET /v1/spaces/{space}/releases/{channel} and the history, GET /v1/spaces/{space}/releases."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cloud.errors import RequestRefused
from cloud.store.keys import Pool
from cloud.web.routes import rule
from cloud.web.routes.conditions import conditions
from cloud.web.routes.formats import check_format
from cloud.web.routes.known_space import known_space
from cloud.web.service import current_context, requesting_device
from contract.envelope import ENVELOPE_MEDIA_TYPE
from contract.errors import Malformed, shown
from contract.history import DEFAULT_HISTORY, MAX_HISTORY, encode_history
from contract.manifest import MANIFEST_FORMAT, Channel
from contract.problems import Problem
from contract.routes import CACHE_CONTROL, JSON_MEDIA_TYPE, RELEASE, RELEASES

REVALIDATE = "private, no-cache"

blueprint = Blueprint("releases", __name__)


@blueprint.get(rule(RELEASE))
def get_release(space: str, channel: str) -> Response:
    """Answer the signed manifest of the newest release of a channel; 304 when the client has it."""
    pool = _requested_pool(space)
    check_format("manifest", MANIFEST_FORMAT)
    context = current_context()
    current = context.releases.answer(context.store, pool, Channel(channel))
    if current is None:
        raise RequestRefused(Problem.NOT_FOUND, f"releases.{channel}", expected="a release", got="none yet")
    answer = Response(current.body, mimetype=ENVELOPE_MEDIA_TYPE)
    answer.set_etag(current.etag)
    answer.headers[CACHE_CONTROL] = REVALIDATE
    answer.make_conditional(conditions())
    return answer


@blueprint.get(rule(RELEASES))
def get_history(space: str) -> Response:
    """Answer the releases of a pool, newest first; `?limit=` of 1 to 100."""
    pool = _requested_pool(space)
    context = current_context()
    summaries = context.releases.history(context.store, pool, limit=_limit(request.args.get("limit")))
    answer = Response(encode_history(summaries), mimetype=JSON_MEDIA_TYPE)
    answer.headers[CACHE_CONTROL] = REVALIDATE
    return answer


def _requested_pool(space: str) -> Pool:
    device = requesting_device()
    known_space(space, device=device)
    return Pool(device.group, space)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_HISTORY
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_HISTORY):
        raise Malformed("query.limit", expected=f"1 to {MAX_HISTORY}", got=shown(text))
    return int(text)
