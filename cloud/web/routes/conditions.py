"""The only home of conditional requests: by ETag alone.

No answer carries a Last-Modified, so a condition with a date can never hold, and dates are not even read.
"""

from __future__ import annotations

from flask import request


def asker_has(etag: str) -> bool:
    """Whether If-None-Match names this representation: 304 then."""
    return request.if_none_match.contains_weak(etag)


def range_stands(etag: str) -> bool:
    """Whether a range may be served: without If-Range, or with one that names this representation, strongly."""
    return request.headers.get("If-Range", f'"{etag}"').strip() == f'"{etag}"'
