"""JSON Schemas of the bodies that clients send and are answered, for the OpenAPI document. Pure.

They are made of the patterns and bounds of the parsers in `contract`. Of a request a schema allows what its parser
takes; of an answer it says what the service writes, and readers ignore what else may come later. What JSON Schema
cannot say (bytes of a body, keys that come twice, 1.0 that is no integer) stands in SPEC alone. Patterns mean the same
to ECMA 262, with its flag `u`, and to Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from cloud.releases.decisions import MAX_BY_CHARACTERS, MAX_WHY_CHARACTERS
from cloud.releases.requests import REQUEST_PATTERN, RequestKind, RequestState
from contract.device_id import DEVICE_SECRET_BYTES
from contract.documents import MAX_INTEGER, Json
from contract.envelope import MAX_SIGNATURES, SIGNATURE_BYTES
from contract.formats import FORMAT_PATTERN, MAX_FORMATS_CHARACTERS
from contract.history import MAX_HISTORY
from contract.key_chain import KEY_CHAIN_FORMAT, KEY_LINK_PAYLOAD_TYPE, MAX_LINKS, PUBLIC_KEY_BYTES
from contract.labels import MAX_LABELS
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel
from contract.patterns import (
    CODE_PATTERN,
    DEVICE_PATTERN,
    FINGERPRINT_PATTERN,
    GROUP_PATTERN,
    HEX64_PATTERN,
    KEY_ID_PATTERN,
    REQUEST_ID_PATTERN,
    TOKEN_PATTERN,
)
from contract.problems import MAX_PROBLEM_SAMPLES, Problem
from contract.proof import MAX_NEXT_PROOFS, NONCE_BYTES, PROOF_BYTES
from contract.space_list import SPACES_PAYLOAD_TYPE

Schema = dict[str, Json]

_CONTROLS = (
    r"\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""What `contract.text.controls` tells, but surrogates, which no JSON here has. Beyond U+FFFF escapes differ."""
_LINE = rf"^[^{_CONTROLS}]*[^{_CONTROLS}\s][^{_CONTROLS}]*$"
_OF_SAMPLES = {Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE}
_LAST_OF_BASE64 = {0: "", 1: "[A-Za-z0-9+/][AQgw]==", 2: "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]="}
"""What follows groups of three bytes; unused bits are zero."""


def group() -> Schema:
    """Describe the name of a group."""
    return _name(GROUP_PATTERN)


def why() -> Schema:
    """Describe the reason that an operator gives."""
    return _line(MAX_WHY_CHARACTERS)


def formats() -> Schema:
    """Describe the header by which a client says which formats it reads; an empty one counts as none."""
    item = FORMAT_PATTERN.pattern
    return _text(rf"(?:{item}(?:[ \t]*,[ \t]*{item})*)?") | {"maxLength": MAX_FORMATS_CHARACTERS}


def request_id() -> Schema:
    """Describe the name of a request in the service's log."""
    return _name(REQUEST_ID_PATTERN)


def refusal_name(status: HTTPStatus) -> str:
    """Name the schema of the problem documents of a status."""
    return f"problem-{status.value}"


def schemas() -> dict[str, Json]:
    """Return all schemas by their names."""
    return {
        "enrolment-request": _object(
            code=_name(CODE_PATTERN), optional={"secret": _or_null(_bytes(DEVICE_SECRET_BYTES))}
        ),
        "enrolment-reply": _object(
            device=_name(DEVICE_PATTERN),
            token=_name(TOKEN_PATTERN),
            group=_name(GROUP_PATTERN),
            key=_bytes(PUBLIC_KEY_BYTES),
        ),
        "token-reply": _object(token=_name(TOKEN_PATTERN)),
        "proof-request": _object(nonce=_bytes(NONCE_BYTES)),
        "proof-reply": _object(
            proof=_bytes(PROOF_BYTES), optional={"next": _list(_bytes(PROOF_BYTES), most=MAX_NEXT_PROOFS)}
        ),
        "acknowledgement": _object(upload=_name(HEX64_PATTERN)),
        "erasure-reply": _object(erasure=_name(FINGERPRINT_PATTERN)),
        "release": _envelope(MANIFEST_PAYLOAD_TYPE),
        "spaces": _envelope(SPACES_PAYLOAD_TYPE),
        "keys": _object(
            format={"const": KEY_CHAIN_FORMAT},
            first=_bytes(PUBLIC_KEY_BYTES),
            links=_list(_envelope(KEY_LINK_PAYLOAD_TYPE), most=MAX_LINKS),
        ),
        "history": _object(releases=_list(_release(), most=MAX_HISTORY)),
        "promotion": _object(
            channel=_one_of(Channel),
            why=why(),
            optional={"group": _or_null(group()), "pin": _or_null({"type": "boolean"})},
        ),
        "pin": _object(serial=_integer(low=1), why=why(), optional={"group": _or_null(group())}),
        "operator-request": _operator_request(),
        "alive": _object(status={"const": "alive"}),
        "ready": _object(status={"const": "ready"}, enrolment={"type": "boolean"}),
        "description": _object(
            openapi=_text(r"3\.1\.[0-9]+"),
            info={"type": "object"},
            paths={"type": "object"},
            components={"type": "object"},
        ),
        **{refusal_name(status): _problem(status) for status in sorted({one.status for one in Problem})},
    }


def _object(*, optional: Mapping[str, Schema] | None = None, **required: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def _list(items: Schema, *, most: int, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _text(pattern: str) -> Schema:
    """Describe a string of which the whole is like a pattern."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _name(pattern: re.Pattern[str]) -> Schema:
    return _text(pattern.pattern)


def _line(most: int) -> Schema:
    return {"type": "string", "maxLength": most, "pattern": _LINE}


def _one_of(choices: Iterable[str]) -> Schema:
    return {"enum": [str(choice) for choice in choices]}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _integer(*, low: int = 0, high: int = MAX_INTEGER) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _bytes(count: int | None = None) -> Schema:
    """Describe base64 of so many bytes, or of any."""
    if count is None:
        return _text(f"(?:[A-Za-z0-9+/]{{4}})*(?:{'|'.join(last for last in _LAST_OF_BASE64.values() if last)})?")
    return _text(f"[A-Za-z0-9+/]{{{count // 3 * 4}}}{_LAST_OF_BASE64[count % 3]}")


def _envelope(payload_type: str) -> Schema:
    signature = _object(keyid=_name(KEY_ID_PATTERN), sig=_bytes(SIGNATURE_BYTES))
    return _object(
        payload=_bytes(),
        payloadType={"const": payload_type},
        signatures=_list(signature, least=1, most=MAX_SIGNATURES),
    )


def _release() -> Schema:
    return _object(
        release=_name(HEX64_PATTERN),
        channel=_one_of(Channel),
        serial=_integer(low=1),
        issued=_integer(),
        label_count=_integer(low=1, high=MAX_LABELS),
        validation=_object(accuracy=_or_null({"type": "number", "minimum": 0, "maximum": 1}), samples=_integer()),
        parent=_or_null(_name(HEX64_PATTERN)),
        report={"type": "object"},
    )


def _operator_request() -> Schema:
    asked = _object(
        kind=_one_of(RequestKind),
        group=group(),
        space=_name(HEX64_PATTERN),
        by=_line(MAX_BY_CHARACTERS),
        why=why(),
        at=_integer(),
        channel=_one_of(Channel),
        serial=_integer(),
        pin={"type": "boolean"},
    )
    return _object(id=_name(REQUEST_PATTERN), state=_one_of(RequestState), said={"type": "string"}, request=asked)


def _problem(status: HTTPStatus) -> Schema:
    """Describe the problem documents of a status; some of an upload name the samples that it is with."""
    texts: dict[str, Schema] = {key: {"type": "string"} for key in ("title", "detail", "where", "expected", "got")}
    kinds = [one for one in Problem if one.status is status]
    samples = _list(_integer(high=MAX_PROBLEM_SAMPLES - 1), least=1, most=MAX_PROBLEM_SAMPLES)
    optional = {"samples": samples} if set(kinds) & _OF_SAMPLES else {}
    return _object(type=_one_of(kinds), status={"const": status.value}, **texts, optional=optional)
