"""Verification keys: GET /v1/keys, all of them so far, each signed by the one before. They are public: no token."""

from __future__ import annotations

from flask import Blueprint, Response

from cloud.identity.verification_keys import read_chain
from cloud.web.routes.conditions import conditions
from cloud.web.service import current_context
from contract.files import sha256_hex
from contract.routes import CACHE_CONTROL, JSON_MEDIA_TYPE, KEYS

blueprint = Blueprint("verification_keys", __name__)


@blueprint.get(KEYS)
def get_keys() -> Response:
    """Answer the chain of keys; 304 when the client has it."""
    body = read_chain(current_context().store).encode()
    answer = Response(body, mimetype=JSON_MEDIA_TYPE)
    answer.set_etag(sha256_hex(body))
    answer.headers[CACHE_CONTROL] = "no-cache"
    answer.make_conditional(conditions())
    return answer
