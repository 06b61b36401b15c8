"""The description of all routes for programs: GET /openapi.json."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app

from cloud.web.openapi import describe
from contract.documents import encode_json
from contract.routes import JSON_MEDIA_TYPE, OPENAPI

EXTENSION = "fedex-description"

blueprint = Blueprint("description", __name__)


@blueprint.get(OPENAPI)
def get_description() -> Response:
    """Answer the OpenAPI document of this service, which is made at the first request: anybody may ask for it."""
    return Response(_document(current_app), mimetype=JSON_MEDIA_TYPE)


def _document(app: Flask) -> bytes:
    made: bytes | None = app.extensions.get(EXTENSION)
    if made is None:
        made = app.extensions[EXTENSION] = encode_json(describe(app))
    return made
