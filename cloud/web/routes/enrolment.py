"""Enrolment: POST /v1/devices."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Response, g

from cloud.identity.enrolment import enrol as enrol_device
from cloud.web import bodies
from cloud.web.service import current_context
from contract.routes import DEVICES, JSON_MEDIA_TYPE, MAX_ENROLMENT_BYTES, EnrolmentRequest

blueprint = Blueprint("devices", __name__)


@blueprint.post(DEVICES)
def enrol() -> Response:
    """Enrol a device."""
    context = current_context()
    bodies.check_media_type(JSON_MEDIA_TYPE)
    enrolment = EnrolmentRequest.parse(bodies.read_body(MAX_ENROLMENT_BYTES, chunks=False))
    reply = enrol_device(context.store, enrolment.code, groups=context.enrolment, now=int(time.time()))
    g.device = reply.device
    answer = Response(reply.encode(), status=HTTPStatus.CREATED, mimetype=JSON_MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer
