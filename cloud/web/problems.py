"""How an error becomes an answer: one problem document (RFC 9457) for everything that goes wrong in a request.

What is refused is logged by the request's line; what is our own fault is logged here with its traceback, and the answer
does not tell. Bytes that are no HTTP request never come here: gunicorn answers them with a page of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cloud import audit
from cloud.audit import AuditEvent
from cloud.errors import (
    CloudError,
    Damaged,
    Forbidden,
    NotReady,
    RequestRefused,
    StoreError,
    StoreFull,
    Unauthenticated,
)
from contract.errors import ContractError, shown
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.routes import RETRY_AFTER

RETRY_AFTER_S = 5

logger = logging.getLogger(__name__)

_OF_STATUS = {problem.status: problem for problem in (Problem.TOO_LARGE, Problem.UNSUPPORTED_MEDIA_TYPE)} | {
    HTTPStatus.BAD_REQUEST: Problem.MALFORMED,
    HTTPStatus.NOT_FOUND: Problem.UNKNOWN_PATH,
    HTTPStatus.METHOD_NOT_ALLOWED: Problem.METHOD_NOT_ALLOWED,
    HTTPStatus.LENGTH_REQUIRED: Problem.LENGTH_REQUIRED,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: Problem.RANGE_NOT_SATISFIABLE,
}


def register_problems(app: Flask) -> None:
    """Answer every error of an app with a problem document."""
    app.register_error_handler(ContractError, lambda error: _answer(ProblemDocument.of(error)))
    app.register_error_handler(CloudError, _answer_cloud_error)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_bug)


def _answer_cloud_error(error: CloudError) -> Response:
    if isinstance(error, RequestRefused):
        if isinstance(error, (Unauthenticated, Forbidden)):
            refused = error.document
            audit.note(AuditEvent.IDENTITY_REFUSED, by=g.address or "unknown", where=refused.where, got=refused.got)
        return _answer(error.document, headers=error.headers)
    if isinstance(error, NotReady):
        return _answer(ProblemDocument(Problem.UNAVAILABLE, "service", "a worker that ran once", "none yet"))
    if isinstance(error, StoreError):
        logger.warning("store: %s", error)
        expected, got = ("room", "none") if isinstance(error, StoreFull) else ("an answer", "none that counts")
        return _answer(ProblemDocument(Problem.UNAVAILABLE, "store", expected, got))
    if isinstance(error, Damaged):
        logger.error("damaged: %s", error)
        return _answer(ProblemDocument(Problem.UNAVAILABLE, "store", "what was written", "something else"))
    return _answer_bug(error)


def _answer_http(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug refuse by themselves."""
    problem = _OF_STATUS.get(HTTPStatus(error.code or 500))
    if problem is None:
        return _answer_bug(error)
    expected = ", ".join(error.valid_methods or ()) if isinstance(error, MethodNotAllowed) else "a request of version 1"
    document = ProblemDocument(problem, "request", expected, f"{shown(request.method)} {shown(request.path)}")
    return _answer(document, headers={"Allow": expected} if isinstance(error, MethodNotAllowed) else {})


def _answer_bug(error: Exception) -> Response:
    logger.error("bug: %s %s", request.method, request.path, exc_info=error)
    return _answer(ProblemDocument(Problem.INTERNAL, "service", "to answer", "a bug of its own"))


def _answer(document: ProblemDocument, *, headers: Mapping[str, str] | None = None) -> Response:
    problem = document.problem
    answer = Response(document.encode(), status=problem.status, mimetype=PROBLEM_MEDIA_TYPE, headers=headers)
    if problem in (Problem.UNAVAILABLE, Problem.TOO_MANY_REQUESTS):
        answer.headers.setdefault(RETRY_AFTER, str(RETRY_AFTER_S))
    return answer
