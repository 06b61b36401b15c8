"""Proofs: POST /v1/devices/{device}/proof, by which a device finds out whether this is the service it enrolled with.

It comes without a token, so it is bounded as an enrolment is, and counts as none of the device's own bodies.
"""

from __future__ import annotations

from flask import Blueprint, Response

from cloud.web import bodies
from cloud.web.routes import rule
from cloud.web.service import current_context
from contract.proof import MAX_PROOF_DOCUMENT_BYTES, ProofRequest
from contract.routes import JSON_MEDIA_TYPE, PROOF

blueprint = Blueprint("proofs", __name__)


@blueprint.post(rule(PROOF))
def prove(device: str) -> Response:
    """Prove that the service keeps a device's token."""
    bodies.check_media_type(JSON_MEDIA_TYPE)
    asked = ProofRequest.parse(bodies.read_body(MAX_PROOF_DOCUMENT_BYTES, chunks=False))
    reply = current_context().authenticator.prove(device, asked)
    answer = Response(reply.encode(), mimetype=JSON_MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer
