"""Uploads: PUT /v1/spaces/{space}/uploads/{upload}. All checks are made here, at the door; then one PUT.

HEAD says whether one has arrived.
"""

from __future__ import annotations

import math
from http import HTTPStatus

from flask import Blueprint, Response

from cloud.dataset import inbox
from cloud.errors import RequestRefused
from cloud.identity.devices import EnrolledDevice
from cloud.identity.quotas import UploadSize
from cloud.store.keys import InboxUpload, Pool
from cloud.web import bodies
from cloud.web.inflating import inflate
from cloud.web.routes import rule
from cloud.web.routes.known_space import known_space
from cloud.web.service import current_context, requesting_device
from contract.arrays import FLOAT32_BYTES
from contract.documents import encode_json
from contract.errors import ContractError
from contract.problems import Problem
from contract.routes import CACHE_CONTROL, JSON_MEDIA_TYPE, UPLOAD
from contract.upload import LIMITS, UPLOAD_MEDIA_TYPE, upload_id
from contract.upload_check import check_sealed_upload
from contract.upload_header import UploadHeader

blueprint = Blueprint("uploads", __name__)


@blueprint.put(rule(UPLOAD))
def put_upload(space: str, upload: str) -> Response:
    """Acknowledge an upload: 201 if it is new, 200 if it waits already. Idempotent at any time."""
    device = requesting_device()
    facts = known_space(space, device=device)
    bodies.check_media_type(UPLOAD_MEDIA_TYPE)
    context, named = current_context(), _named(device, space, upload)
    with context.limit.take(device.id), context.quotas.upload(device.id) as shares:
        body = bodies.read_body(LIMITS.max_bytes)
        _check_hash(body, upload)
        try:
            check_sealed_upload(
                body,
                space=space,
                feature_shape=facts.feature_shape,
                least_cosine_ppm=facts.least_cosine_ppm,
                inflate=inflate,
                admit=lambda header: shares.take(_size(header)),
            )
        except ContractError:
            shares.keep_bytes()
            raise
        except RequestRefused:  # too much for today, unless it is here already
            if not inbox.has(context.store, named):
                raise
            return _acknowledge(upload, status=HTTPStatus.OK)
        if not inbox.add(context.store, named, body):
            return _acknowledge(upload, status=HTTPStatus.OK)
        shares.keep()
    return _acknowledge(upload, status=HTTPStatus.CREATED)


def _acknowledge(upload: str, *, status: HTTPStatus) -> Response:
    return Response(encode_json({"upload": upload}), status=status, mimetype=JSON_MEDIA_TYPE)


@blueprint.route(rule(UPLOAD), methods=["HEAD"])
def has_upload(space: str, upload: str) -> Response:
    """Say with 200 that an upload of this device has arrived, and with 404 that it should be sent."""
    device = requesting_device()
    known_space(space, device=device)
    if not inbox.has(current_context().store, _named(device, space, upload)):
        raise RequestRefused(Problem.NOT_FOUND, "path.upload", expected="an upload that arrived", got="none")
    answer = Response(status=HTTPStatus.OK, mimetype=JSON_MEDIA_TYPE)
    answer.set_etag(upload)
    answer.headers[CACHE_CONTROL] = "no-store"
    return answer


def _named(device: EnrolledDevice, space: str, upload: str) -> InboxUpload:
    return InboxUpload(Pool(device.group, space), device.id, device.generation, upload)


def _size(header: UploadHeader) -> UploadSize:
    decoded_bytes = header.count * math.prod(header.feature_shape) * FLOAT32_BYTES
    return UploadSize(decoded_bytes, samples=header.count, labels=header.labels)


def _check_hash(body: bytes, upload: str) -> None:
    got = upload_id(body)
    if got != upload:
        raise RequestRefused(Problem.WRONG_HASH, "body", expected=f"sha256 {upload}", got=f"sha256 {got}")
