"""Ids in paths: what is no sha256, or no id of a device, matches no route."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from contract.patterns import DEVICE_PATTERN, HEX64_PATTERN


class _HashConverter(BaseConverter):
    regex = HEX64_PATTERN.pattern


class _DeviceConverter(BaseConverter):
    regex = DEVICE_PATTERN.pattern


def register_ids(app: Flask) -> None:
    """Let the rules of an app name ids; called before routes are added."""
    app.url_map.converters |= {"hash": _HashConverter, "device": _DeviceConverter}
