"""What each route takes, answers and refuses: the table that the OpenAPI document is made of. Pure.

A route that is added needs a row here, or the document cannot be made. What is answered besides is a fault, of the
service or of its row: tests compare both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

from contract.envelope import ENVELOPE_MEDIA_TYPE
from contract.problems import Problem
from contract.routes import (
    DEVICES,
    HEALTHZ,
    JSON_MEDIA_TYPE,
    KEYS,
    METRICS,
    OBJECT,
    OBJECT_MEDIA_TYPE,
    OPENAPI,
    PIN,
    PROMOTION,
    PROOF,
    READYZ,
    RELEASE,
    RELEASES,
    REQUEST,
    SAMPLES,
    SPACES,
    TOKEN,
    UPLOAD,
)
from contract.upload import UPLOAD_MEDIA_TYPE


class Caller(Enum):
    """Who may ask."""

    ANYBODY = auto()
    DEVICE = auto()
    OPERATOR = auto()


@dataclass(frozen=True, slots=True)
class Body:
    """A body of a request or an answer."""

    media_type: str
    schema: str = ""
    """Its name in `cloud.web.schemas`; none where a body is no JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered where nothing is refused."""

    status: HTTPStatus
    body: Body | None = None
    headers: tuple[str, ...] = ()
    """That always come; each answer has the name of its request besides."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One route with one method."""

    caller: Caller
    answers: tuple[Answer, ...]
    refuses: frozenset[Problem] = frozenset()
    """Besides what any request is refused for, and what its caller and its body are."""
    takes: Body | None = None
    parameters: tuple[str, ...] = ()
    """In queries and headers: names in `cloud.web.openapi`."""

    @property
    def problems(self) -> frozenset[Problem]:
        """All that it refuses."""
        of_body = OF_BODY if self.takes else frozenset()
        return ALWAYS | OF_CALLER[self.caller] | of_body | self.refuses


ALWAYS = frozenset({Problem.MALFORMED, Problem.TOO_LARGE, Problem.UNKNOWN_PATH, Problem.INTERNAL, Problem.UNAVAILABLE})
"""The first two by the header of formats, the third where a path is spelt in another way."""
OF_CALLER = {
    Caller.ANYBODY: frozenset[Problem](),
    Caller.DEVICE: frozenset({Problem.UNAUTHENTICATED, Problem.TOO_MANY_REQUESTS}),
    Caller.OPERATOR: frozenset({Problem.UNAUTHENTICATED, Problem.TOO_MANY_REQUESTS}),
}
OF_BODY = frozenset({Problem.LENGTH_REQUIRED, Problem.UNSUPPORTED_MEDIA_TYPE, Problem.IMPOSSIBLE})
OF_SPACE = frozenset({Problem.UNKNOWN_SPACE, Problem.RETIRED_SPACE})
OF_UPLOAD = frozenset({Problem.UNSUPPORTED_VERSION, Problem.WRONG_HASH, Problem.WRONG_SPACE, Problem.SELF_TEST_FAILED})
OF_POOL = frozenset({Problem.FORBIDDEN, Problem.UNKNOWN_SPACE, Problem.NOT_FOUND})
"""That an operator decides of."""

PRIVATE = ("Cache-Control",)
CACHED = ("Cache-Control", "ETag")
NOT_MODIFIED = Answer(HTTPStatus.NOT_MODIFIED, headers=("ETag",))


def _json(schema: str) -> Body:
    return Body(JSON_MEDIA_TYPE, schema)


_ACKNOWLEDGED = (
    Answer(HTTPStatus.OK, _json("acknowledgement")),
    Answer(HTTPStatus.CREATED, _json("acknowledgement")),
)
_KEPT = (Answer(HTTPStatus.ACCEPTED, _json("operator-request"), PRIVATE),)
_OBJECT = Body(OBJECT_MEDIA_TYPE)

OPERATIONS = {
    ("POST", DEVICES): Operation(
        Caller.ANYBODY,
        (Answer(HTTPStatus.CREATED, _json("enrolment-reply"), PRIVATE),),
        frozenset({Problem.FORBIDDEN, Problem.TOO_MANY_REQUESTS}),
        takes=_json("enrolment-request"),
    ),
    ("POST", TOKEN): Operation(Caller.DEVICE, (Answer(HTTPStatus.OK, _json("token-reply"), PRIVATE),)),
    ("DELETE", SAMPLES): Operation(Caller.DEVICE, (Answer(HTTPStatus.ACCEPTED, _json("erasure-reply"), PRIVATE),)),
    ("GET", KEYS): Operation(
        Caller.ANYBODY, (Answer(HTTPStatus.OK, _json("keys"), CACHED), NOT_MODIFIED), parameters=("If-None-Match",)
    ),
    ("POST", PROOF): Operation(
        Caller.ANYBODY,
        (Answer(HTTPStatus.OK, _json("proof-reply"), PRIVATE),),
        frozenset({Problem.NOT_FOUND}),
        takes=_json("proof-request"),
    ),
    ("PUT", UPLOAD): Operation(Caller.DEVICE, _ACKNOWLEDGED, OF_SPACE | OF_UPLOAD, takes=Body(UPLOAD_MEDIA_TYPE)),
    ("HEAD", UPLOAD): Operation(
        Caller.DEVICE, (Answer(HTTPStatus.OK, headers=CACHED),), OF_SPACE | {Problem.NOT_FOUND}
    ),
    ("GET", SPACES): Operation(
        Caller.DEVICE,
        (Answer(HTTPStatus.OK, Body(ENVELOPE_MEDIA_TYPE, "spaces"), CACHED), NOT_MODIFIED),
        frozenset({Problem.NOT_FOUND, Problem.NOT_ACCEPTABLE}),
        parameters=("If-None-Match",),
    ),
    ("GET", RELEASE): Operation(
        Caller.DEVICE,
        (Answer(HTTPStatus.OK, Body(ENVELOPE_MEDIA_TYPE, "release"), CACHED), NOT_MODIFIED),
        OF_SPACE | {Problem.NOT_FOUND, Problem.NOT_ACCEPTABLE},
        parameters=("If-None-Match",),
    ),
    ("GET", RELEASES): Operation(
        Caller.DEVICE, (Answer(HTTPStatus.OK, _json("history"), PRIVATE),), OF_SPACE, parameters=("limit",)
    ),
    ("GET", OBJECT): Operation(
        Caller.DEVICE,
        (
            Answer(HTTPStatus.OK, _OBJECT, CACHED),
            Answer(HTTPStatus.PARTIAL_CONTENT, _OBJECT, (*CACHED, "Content-Range")),
            NOT_MODIFIED,
        ),
        frozenset({Problem.NOT_FOUND, Problem.RANGE_NOT_SATISFIABLE}),
        parameters=("If-None-Match", "Range", "If-Range"),
    ),
    ("POST", PROMOTION): Operation(Caller.OPERATOR, _KEPT, OF_POOL, takes=_json("promotion")),
    ("PUT", PIN): Operation(Caller.OPERATOR, _KEPT, OF_POOL, takes=_json("pin")),
    ("DELETE", PIN): Operation(Caller.OPERATOR, _KEPT, OF_POOL | {Problem.IMPOSSIBLE}, parameters=("why", "group")),
    ("GET", REQUEST): Operation(
        Caller.OPERATOR,
        (Answer(HTTPStatus.OK, _json("operator-request"), PRIVATE),),
        frozenset({Problem.NOT_FOUND}),
    ),
    ("GET", METRICS): Operation(
        Caller.OPERATOR, (Answer(HTTPStatus.OK, Body("text/plain"), PRIVATE),), frozenset({Problem.FORBIDDEN})
    ),
    ("GET", HEALTHZ): Operation(Caller.ANYBODY, (Answer(HTTPStatus.OK, _json("alive")),)),
    ("GET", READYZ): Operation(Caller.ANYBODY, (Answer(HTTPStatus.OK, _json("ready")),)),
    ("GET", OPENAPI): Operation(Caller.ANYBODY, (Answer(HTTPStatus.OK, _json("description")),)),
}
