"""Erasure: DELETE /v1/devices/self/samples, by which a device asks that all of its samples be erased."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Response

from cloud.dataset import erasures
from cloud.web.service import current_context, requesting_device
from contract.routes import CACHE_CONTROL, JSON_MEDIA_TYPE, SAMPLES, ErasureReply

blueprint = Blueprint("samples", __name__)


@blueprint.delete(SAMPLES)
def erase() -> Response:
    """Keep the wish, which the worker carries out; a body is not looked at."""
    device = requesting_device().id
    context = current_context()
    with context.quotas.erasure(device):
        erasure = erasures.ask_of_device(context.store, device, by=device, now=time.time())
    context.authenticator.forget(device)  # what it sends from now on is of another generation
    answer = Response(ErasureReply(erasure.id).encode(), status=HTTPStatus.ACCEPTED, mimetype=JSON_MEDIA_TYPE)
    answer.headers[CACHE_CONTROL] = "no-store"
    return answer
