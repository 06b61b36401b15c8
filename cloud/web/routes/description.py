"""The description of all routes for programs: GET /openapi.json."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from cloud.web.openapi import describe
from contract.documents import encode_json
from contract.routes import JSON_MEDIA_TYPE, OPENAPI

blueprint = Blueprint("description", __name__)


@blueprint.get(OPENAPI)
def get_description() -> Response:
    """Answer the OpenAPI document of this service."""
    return Response(encode_json(describe(current_app)), mimetype=JSON_MEDIA_TYPE)
