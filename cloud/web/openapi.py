"""The OpenAPI document of the routes that an app has, so that none is described that is not there, or left out. Pure.

SPEC says what is meant; this says to programs which paths there are, what stands in requests and answers, and who may
ask. Pages for people are left out.
"""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from cloud.web import schemas
from cloud.web.operations import OPERATIONS, Answer, Body, Caller, Operation
from contract import __version__
from contract.documents import Json
from contract.formats import FORMATS
from contract.history import DEFAULT_HISTORY, MAX_HISTORY
from contract.problems import PROBLEM_MEDIA_TYPE, Problem
from contract.routes import REQUEST_ID
from contract.upload import LIMITS, UPLOAD_MEDIA_TYPE

VERSION = "3.1.0"
FOR_PROGRAMS = {path for _, path in OPERATIONS}

_PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")
_WHOSE = {Caller.DEVICE: "a device", Caller.OPERATOR: "an operator"}
_EVERYWHERE = (FORMATS, REQUEST_ID)
"""Headers that any request may have."""
_BINARY = {UPLOAD_MEDIA_TYPE: {"contentMediaType": UPLOAD_MEDIA_TYPE, "maxLength": LIMITS.max_bytes}}
"""Of bodies that are no JSON; the length of such a one is in bytes, as OpenAPI has it."""


def describe(app: Flask) -> dict[str, Json]:
    """Describe every route of an app but its pages."""
    paths: dict[str, Any] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        path = template(rule)
        if not path.startswith("/v1/") and path not in FOR_PROGRAMS:
            continue
        item = paths.setdefault(path, {})
        item["parameters"] = [*(_in_path(rule, name) for name in sorted(rule.arguments)), *map(_use, _EVERYWHERE)]
        for method in _methods(rule):
            item[method.lower()] = _describe(app, rule, method, OPERATIONS[method, path])
    return {
        "openapi": VERSION,
        "info": {"title": "FEDEx", "version": __version__},
        "paths": paths,
        "components": {
            "securitySchemes": {one.name.lower(): _token(one) for one in Caller if one is not Caller.ANYBODY},
            "schemas": schemas.schemas(),
            "parameters": _parameters(),
            "headers": _headers(),
            "responses": {f"{status.value}": _refusal(status) for status in {one.status for one in Problem}},
        },
    }


def template(rule: Rule) -> str:
    """Return the path of a rule as the contract writes it: "/v1/objects/{sha256}"."""
    return _PLACE.sub(r"{\1}", rule.rule)


def _methods(rule: Rule) -> list[str]:
    """Return the methods of a rule, but a HEAD that comes with every GET."""
    methods = (rule.methods or set()) - {"OPTIONS"}
    return sorted(methods - {"HEAD"} if "GET" in methods else methods)


def _describe(app: Flask, rule: Rule, method: str, operation: Operation) -> dict[str, Any]:
    said = inspect.getdoc(app.view_functions[rule.endpoint]) or ""
    statuses = sorted({problem.status for problem in operation.problems})
    described: dict[str, Any] = {
        "operationId": f"{rule.endpoint}.{method.lower()}",
        "summary": said.partition("\n")[0],
        "responses": {
            **{str(one.status.value): _answer(one) for one in operation.answers},
            **{str(status.value): {"$ref": f"#/components/responses/{status.value}"} for status in statuses},
        },
    }
    if operation.caller is not Caller.ANYBODY:
        described["security"] = [{operation.caller.name.lower(): []}]
    if operation.parameters:
        described["parameters"] = [_use(name) for name in operation.parameters]
    if operation.takes:
        described["requestBody"] = {"required": True, "content": _content(operation.takes)}
    return described


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.status.phrase, "headers": _with_headers(*answer.headers)}
    return described | ({"content": _content(answer.body)} if answer.body else {})


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    needed = {
        HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
        HTTPStatus.NOT_ACCEPTABLE: (FORMATS,),
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: ("Content-Range",),
        HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
        HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
    }
    return {
        "description": f"{status.phrase}: a problem document (RFC 9457).",
        "headers": _with_headers(*needed.get(status, ())),
        "content": _content(Body(PROBLEM_MEDIA_TYPE, schemas.refusal_name(status))),
    }


def _content(body: Body) -> dict[str, Any]:
    if body.schema:
        return {body.media_type: {"schema": {"$ref": f"#/components/schemas/{body.schema}"}}}
    return {body.media_type: {"schema": _BINARY[body.media_type]} if body.media_type in _BINARY else {}}


def _use(parameter: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{parameter}"}


def _with_headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, REQUEST_ID)}


def _in_path(rule: Rule, name: str) -> dict[str, Any]:
    pattern = rule._converters[name].regex  # Werkzeug has no other way to it
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^(?:{pattern})$"},
    }


def _parameters() -> dict[str, Any]:
    """Describe what may stand in queries and headers."""
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_HISTORY, "default": DEFAULT_HISTORY}
    headers = {name: {"type": "string"} for name in ("If-None-Match", "If-Range", "Range", REQUEST_ID)}
    return {
        "limit": {"name": "limit", "in": "query", "schema": limit},
        "group": {"name": "group", "in": "query", "schema": schemas.group()},
        "why": {"name": "why", "in": "query", "required": True, "schema": schemas.why()},
        FORMATS: {"name": FORMATS, "in": "header", "schema": schemas.formats()},
        **{name: {"name": name, "in": "header", "schema": schema} for name, schema in headers.items()},
    }


def _headers() -> dict[str, Any]:
    """Describe what comes with answers; each that an answer names always comes with it."""
    patterns = {
        "Cache-Control": "^.+$",
        "Content-Range": "^bytes (?:[0-9]+-[0-9]+|[*])/[0-9]+$",
        "ETag": '^"[^"]+"$',
        "WWW-Authenticate": "^Bearer$",
        FORMATS: schemas.formats()["pattern"],
        REQUEST_ID: schemas.request_id()["pattern"],
    }
    described: dict[str, Any] = {name: {"type": "string", "pattern": pattern} for name, pattern in patterns.items()}
    described["Retry-After"] = {"type": "integer", "minimum": 1}
    return {name: {"required": True, "schema": schema} for name, schema in described.items()}


def _token(caller: Caller) -> dict[str, str]:
    return {"type": "http", "scheme": "bearer", "description": f"The token of {_WHOSE[caller]}."}
