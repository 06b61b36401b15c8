"""What tests draw from the schemas of the OpenAPI document, by schemathesis."""

import json
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case

AnyCase = Case[Any]

DRAWN = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink what is found takes minutes
    suppress_health_check=[*HealthCheck],
)


def plain(document: object) -> Any:
    """A document as it is in JSON."""
    return json.loads(json.dumps(document))


def closed(schema: Any, *, any_object: bool = False) -> Any:
    """A schema without the keys that nobody knows: what they hold may be beyond the bounds of JSON here.

    With `any_object` also where nothing is known of an object.
    """
    if isinstance(schema, list):
        return [closed(inner, any_object=any_object) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    is_open = "properties" in schema or (any_object and schema == {"type": "object"})
    inside = {key: closed(inner, any_object=any_object) for key, inner in schema.items()}
    return inside | ({"additionalProperties": False} if is_open else {})


def whole(value: Any) -> Any:
    """A value with its integers as such: 1.0 is one to JSON Schema, and none here."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [*map(whole, value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def encoded(body: Any) -> bytes:
    """A body as it is sent."""
    return body if isinstance(body, bytes) else json.dumps(whole(body)).encode()
