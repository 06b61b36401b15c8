"""What operators ask of releases: promotions, pins, and what became of them. The worker carries it out, which signs."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Response, request

from cloud.errors import NotFound, RequestRefused
from cloud.identity.operators import Operator
from cloud.releases import registry, requests
from cloud.releases.decisions import Decision
from cloud.releases.requests import MAX_REQUEST_BYTES, OperatorRequest, Outcome, RequestKind, RequestState
from cloud.store.keys import Pool
from cloud.web import bodies
from cloud.web.routes import rule
from cloud.web.service import current_context, requesting_operator
from contract.documents import Fields, encode_json, parse_document
from contract.errors import shown
from contract.manifest import Channel
from contract.patterns import GROUP_PATTERN
from contract.problems import Problem
from contract.routes import AUTHORIZATION, CACHE_CONTROL, JSON_MEDIA_TYPE, PIN, PROMOTION, REQUEST

blueprint = Blueprint("operator-requests", __name__)


@blueprint.post(rule(PROMOTION))
def promote(space: str, serial: int) -> Response:
    """Ask that the head of a release become best."""
    operator, asked = requesting_operator(), _body()
    channel, decision = asked.choice("channel", Channel), _decision(operator, asked)
    pin = "pin" in asked and asked.boolean("pin")
    pool = _pool(operator, space, asked)
    return _submit(OperatorRequest(RequestKind.PROMOTE, pool, decision, channel, serial, pin))


@blueprint.put(rule(PIN))
def pin(space: str) -> Response:
    """Ask that best be held still."""
    operator, asked = requesting_operator(), _body()
    serial, decision = asked.integer("serial", low=1), _decision(operator, asked)
    return _submit(OperatorRequest(RequestKind.PIN, _pool(operator, space, asked), decision, serial=serial))


@blueprint.delete(rule(PIN))
def unpin(space: str) -> Response:
    """Ask that best go on; group and reason are in the query, as the request has no body."""
    operator, asked = requesting_operator(), Fields(request.args.to_dict(), where="query")
    decision = _decision(operator, asked)
    return _submit(OperatorRequest(RequestKind.UNPIN, _pool(operator, space, asked), decision))


@blueprint.get(rule(REQUEST))
def get_outcome(**named: str) -> Response:
    """Say what became of a request."""
    operator, id_ = requesting_operator(), named["request"]
    try:
        outcome = requests.read_outcome(current_context().store, id_)
    except NotFound:
        outcome = None
    if outcome is None or operator.group not in (None, outcome.request.pool.group):
        raise RequestRefused(Problem.NOT_FOUND, "path.request", expected="a request", got=shown(id_))
    return _answer(id_, outcome, status=HTTPStatus.OK)


def _body() -> Fields:
    bodies.check_media_type(JSON_MEDIA_TYPE)
    body = bodies.read_body(MAX_REQUEST_BYTES, chunks=False)
    return parse_document(body, where="request", max_bytes=MAX_REQUEST_BYTES)


def _pool(operator: Operator, space: str, asked: Fields) -> Pool:
    """Return the pool that is asked about, which the operator may decide of, and in which something was released.

    Raises:
        RequestRefused: it is another group's, or there is no such space, or no release.
    """
    group = operator.group
    if "group" in asked or group is None:
        group = asked.name("group", GROUP_PATTERN)
    if operator.group not in (None, group):
        expected = f"an operator of group {group}"
        raise RequestRefused(Problem.FORBIDDEN, AUTHORIZATION, expected=expected, got="one of another group")
    context = current_context()
    if context.facts(space) is None:
        raise RequestRefused(Problem.UNKNOWN_SPACE, "path.space", expected="a registered space", got=shown(space))
    pool = Pool(group, space)
    if not registry.read(context.store, pool).channels:
        raise RequestRefused(Problem.NOT_FOUND, "releases", expected="a release", got="none yet")
    return pool


def _decision(operator: Operator, asked: Fields) -> Decision:
    return Decision(operator.name, asked.text("why"), int(time.time()))


def _submit(asked: OperatorRequest) -> Response:
    id_ = requests.submit(current_context().store, asked)
    return _answer(id_, Outcome(asked, RequestState.WAITS), status=HTTPStatus.ACCEPTED)


def _answer(id_: str, outcome: Outcome, *, status: HTTPStatus) -> Response:
    document = {"id": id_, "state": outcome.state.value, "said": outcome.said, "request": outcome.request.document()}
    answer = Response(encode_json(document), status=status, mimetype=JSON_MEDIA_TYPE)
    answer.headers[CACHE_CONTROL] = "no-store"
    return answer
