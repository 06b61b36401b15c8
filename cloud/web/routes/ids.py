"""Ids in paths: what is no sha256, and no id of a device or request, matches no route."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from cloud.releases.requests import REQUEST_PATTERN
from contract.patterns import DEVICE_PATTERN, HEX64_PATTERN


class _HashConverter(BaseConverter):
    regex = HEX64_PATTERN.pattern


class _DeviceConverter(BaseConverter):
    regex = DEVICE_PATTERN.pattern


class _SerialConverter(BaseConverter):
    regex = "[1-9][0-9]{0,14}"

    def to_python(self, value: str) -> int:
        return int(value)


class _RequestConverter(BaseConverter):
    regex = REQUEST_PATTERN.pattern


def register_ids(app: Flask) -> None:
    """Let the rules of an app name ids; called before routes are added."""
    app.url_map.converters |= {
        "hash": _HashConverter,
        "device": _DeviceConverter,
        "serial": _SerialConverter,
        "request": _RequestConverter,
    }
