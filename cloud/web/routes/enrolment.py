"""Enrolment: POST /v1/devices, and another token in place of a device's: POST /v1/devices/self/token."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Response, g

from cloud.identity.enrolment import enrol as enrol_device
from cloud.proxies import household_of
from cloud.web import bodies
from cloud.web.service import current_context, requesting_device
from contract.routes import CACHE_CONTROL, DEVICES, JSON_MEDIA_TYPE, MAX_ENROLMENT_BYTES, TOKEN, EnrolmentRequest

blueprint = Blueprint("devices", __name__)


@blueprint.post(DEVICES)
def enrol() -> Response:
    """Enrol a device, a new one or one that shows by its secret which one it is."""
    context = current_context()
    bodies.check_media_type(JSON_MEDIA_TYPE)
    enrolment = EnrolmentRequest.parse(bodies.read_body(MAX_ENROLMENT_BYTES, chunks=False))
    with context.quotas.enrolment(address=household_of(g.address), code=enrolment.code):
        reply = enrol_device(context.store, enrolment, groups=context.enrolment, now=int(time.time()))
    g.device = reply.device
    return _private(reply.encode(), status=HTTPStatus.CREATED)


@blueprint.post(TOKEN)
def renew_token() -> Response:
    """Give the requesting device another token; a body is not looked at."""
    device, context = requesting_device(), current_context()
    with context.quotas.new_token(device.id):
        reply = context.authenticator.renew_token(device)
    return _private(reply.encode(), status=HTTPStatus.OK)


def _private(body: bytes, *, status: HTTPStatus) -> Response:
    answer = Response(body, status=status, mimetype=JSON_MEDIA_TYPE)
    answer.headers[CACHE_CONTROL] = "no-store"
    return answer
