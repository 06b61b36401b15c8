"""What a request may make an answer depend on: Range, If-Range and If-None-Match, which Werkzeug reads."""

from __future__ import annotations

from flask import request

KEPT = ("REQUEST_METHOD", "HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_NONE_MATCH")


def conditions(etag: str = "") -> dict[str, str]:
    """Return the part of the WSGI environment that Werkzeug's `make_conditional` is shown.

    No answer has a date, so a condition with one never holds; neither does an If-Range with a weak tag (RFC 9110,
    13.1.5). Both are kept from Werkzeug, whose parser of dates lets an OverflowError out. Nor is a range, where
    If-None-Match names `etag`: that comes first (RFC 9110, 13.2.2), and Werkzeug looks at ranges first.
    """
    kept = {name: request.environ[name] for name in KEPT if name in request.environ}
    if not kept.get("HTTP_IF_RANGE", '"').startswith('"') or request.if_none_match.contains_weak(etag):
        kept.pop("HTTP_RANGE", None)
    return kept
