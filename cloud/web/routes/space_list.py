"""Spaces: GET /v1/spaces, the signed list of the spaces of the token's group."""

from __future__ import annotations

from flask import Blueprint, Response

from cloud.errors import RequestRefused
from cloud.releases import space_lists
from cloud.web.routes.conditions import conditions
from cloud.web.routes.formats import check_format
from cloud.web.routes.releases import REVALIDATE
from cloud.web.service import current_context, requesting_device
from contract.envelope import ENVELOPE_MEDIA_TYPE
from contract.files import sha256_hex
from contract.problems import Problem
from contract.routes import CACHE_CONTROL, SPACES
from contract.space_list import SPACES_FORMAT

blueprint = Blueprint("spaces", __name__)


@blueprint.get(SPACES)
def get_spaces() -> Response:
    """Answer the signed list; 304 when the client has it."""
    device = requesting_device()
    check_format("spaces", SPACES_FORMAT)
    signed = space_lists.read(current_context().store, device.group)
    if signed is None:
        raise RequestRefused(Problem.NOT_FOUND, "spaces", expected="a list of spaces", got="none yet")
    body = signed.envelope.encode()
    answer = Response(body, mimetype=ENVELOPE_MEDIA_TYPE)
    answer.set_etag(sha256_hex(body))
    answer.headers[CACHE_CONTROL] = REVALIDATE
    answer.make_conditional(conditions())
    return answer
