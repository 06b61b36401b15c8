"""Hashes in paths: what is no sha256 matches no route."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from contract.patterns import HEX64_PATTERN


class _HashConverter(BaseConverter):
    regex = HEX64_PATTERN.pattern


def register_hashes(app: Flask) -> None:
    """Let the rules of an app name hashes; called before routes are added."""
    app.url_map.converters["hash"] = _HashConverter
