"""The OpenAPI document of the routes that an app has, so that none is described that is not there, or left out. Pure.

SPEC says what is meant; this says to programs which paths there are, what stands in them, and who may ask. Pages for
people are left out.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from contract import __version__
from contract.documents import Json
from contract.problems import PROBLEM_MEDIA_TYPE, Problem
from contract.routes import (
    DEVICES,
    HEALTHZ,
    JSON_MEDIA_TYPE,
    KEYS,
    METRICS,
    OPENAPI,
    PIN,
    PROMOTION,
    PROOF,
    READYZ,
    UPLOAD,
)
from contract.upload import UPLOAD_MEDIA_TYPE

VERSION = "3.1.0"
BODIES = {UPLOAD: UPLOAD_MEDIA_TYPE, **dict.fromkeys((DEVICES, PROOF, PROMOTION, PIN), JSON_MEDIA_TYPE)}
"""The media types of the bodies that routes take, by path; of PUT and POST."""
PUBLIC = (DEVICES, PROOF, KEYS, HEALTHZ, READYZ, OPENAPI)
"""Paths that carry no token."""

_PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")


def describe(app: Flask) -> dict[str, Json]:
    """Describe every route of an app but its pages."""
    paths: dict[str, Any] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        path = template(rule)
        if not path.startswith("/v1/") and path not in (*PUBLIC, METRICS):
            continue
        item = paths.setdefault(path, {})
        if rule.arguments:
            item["parameters"] = [_parameter(rule, name) for name in sorted(rule.arguments)]
        for method in _methods(rule):
            item[method.lower()] = _operation(app, rule, path, method)
    return {
        "openapi": VERSION,
        "info": {"title": "FEDEx", "version": __version__},
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"problem": _problem()},
            "responses": {
                "refusal": {
                    "description": "A problem document (RFC 9457).",
                    "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/problem"}}},
                }
            },
        },
    }


def template(rule: Rule) -> str:
    """Return the path of a rule as the contract writes it: "/v1/objects/{sha256}"."""
    return _PLACE.sub(r"{\1}", rule.rule)


def _methods(rule: Rule) -> list[str]:
    """Return the methods of a rule, but a HEAD that comes with every GET."""
    methods = (rule.methods or set()) - {"OPTIONS"}
    return sorted(methods - {"HEAD"} if "GET" in methods else methods)


def _operation(app: Flask, rule: Rule, path: str, method: str) -> dict[str, Any]:
    said = inspect.getdoc(app.view_functions[rule.endpoint]) or ""
    operation: dict[str, Any] = {
        "operationId": f"{rule.endpoint}.{method.lower()}",
        "summary": said.partition("\n")[0],
        "responses": {"2XX": {"description": "As SPEC says."}, "default": {"$ref": "#/components/responses/refusal"}},
    }
    if path not in PUBLIC:
        operation["security"] = [{"token": []}]
    if method in ("PUT", "POST") and path in BODIES:
        operation["requestBody"] = {"required": True, "content": {BODIES[path]: {}}}
    return operation


def _parameter(rule: Rule, name: str) -> dict[str, Any]:
    pattern = rule._converters[name].regex  # Werkzeug has no other way to it
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^(?:{pattern})$"},
    }


def _problem() -> dict[str, Any]:
    texts = ("title", "detail", "where", "expected", "got")
    return {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"enum": [one.value for one in Problem]},
            "status": {"enum": sorted({one.status.value for one in Problem})},
            **{name: {"type": "string"} for name in texts},
            "samples": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        },
    }
