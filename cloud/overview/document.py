"""An overview as JSON, for scripts: `status --json`. Keys may be added; another meaning comes with another `format`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from cloud.overview.heartbeats import Heartbeat
from cloud.overview.values import Overview
from cloud.store.keys import Pool
from contract.documents import Json

OVERVIEW_FORMAT = 1


def encode_overview(overview: Overview) -> dict[str, Json]:
    """Write an overview: the keys are those of `cloud.overview.values`, a pool is "<group>/<space>"."""
    document = _encode(overview)
    assert isinstance(document, dict)
    workers: list[Json] = [_worker(one, now=overview.at) for one in overview.workers]
    return {"format": OVERVIEW_FORMAT, **document, "workers": workers}


def _worker(heartbeat: Heartbeat, *, now: float) -> dict[str, Json]:
    document = _encode(heartbeat)
    assert isinstance(document, dict)
    return {**document, "is_at_work": heartbeat.is_at_work(now), "is_silent": heartbeat.is_silent(now)}


def _encode(value: object) -> Json:
    match value:
        case Pool():
            return value.path
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): _encode(one) for key, one in value.items()}
        case tuple() | list():
            return [_encode(one) for one in value]
    assert is_dataclass(value), value
    return {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
