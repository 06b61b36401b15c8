"""Health: GET /healthz, the process answers; GET /readyz, it can do its work."""

from __future__ import annotations

from flask import Blueprint, Response

from cloud.web.service import current_context
from contract.documents import encode_json
from contract.routes import HEALTHZ, JSON_MEDIA_TYPE, READYZ

blueprint = Blueprint("health", __name__)


@blueprint.get(HEALTHZ)
def healthz() -> Response:
    """Answer that the process is alive."""
    return Response(encode_json({"status": "alive"}), mimetype=JSON_MEDIA_TYPE)


@blueprint.get(READYZ)
def readyz() -> Response:
    """Answer whether the store takes writes (503 if not) and whether devices can enrol yet."""
    ready = current_context().readiness.ask()
    return Response(encode_json({"status": "ready", "enrolment": ready.enrolment}), mimetype=JSON_MEDIA_TYPE)
