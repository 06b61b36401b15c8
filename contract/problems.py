"""Problems: how the service refuses a request (RFC 9457), and the type of each refusal."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import pairwise

from contract.documents import Fields, Json, encode_json, parse_document
from contract.errors import (
    ContractError,
    Impossible,
    Malformed,
    SelfTestFailed,
    TooLarge,
    UnsupportedVersion,
    WrongSpace,
    shown,
)

PROBLEM_MEDIA_TYPE = "application/problem+json"
MAX_PROBLEM_BYTES = 64 << 10
MAX_PROBLEM_SAMPLES = 256
"""As many as an upload may have."""
_PREFIX = "urn:fedex:problem:"


class Problem(StrEnum):
    """The `type` of a problem document; it never changes, whatever the title says."""

    MALFORMED = _PREFIX + "malformed"
    UNSUPPORTED_VERSION = _PREFIX + "unsupported-version"
    UNAUTHENTICATED = _PREFIX + "unauthenticated"
    FORBIDDEN = _PREFIX + "forbidden"
    UNKNOWN_SPACE = _PREFIX + "unknown-space"
    UNKNOWN_PATH = _PREFIX + "unknown-path"
    """No route of the contract is there, so that nothing is known of what was asked for."""
    NOT_FOUND = _PREFIX + "not-found"
    NOT_ACCEPTABLE = _PREFIX + "not-acceptable"
    """The client reads no format that the service has."""
    RETIRED_SPACE = _PREFIX + "retired-space"
    METHOD_NOT_ALLOWED = _PREFIX + "method-not-allowed"
    LENGTH_REQUIRED = _PREFIX + "length-required"
    TOO_LARGE = _PREFIX + "too-large"
    UNSUPPORTED_MEDIA_TYPE = _PREFIX + "unsupported-media-type"
    RANGE_NOT_SATISFIABLE = _PREFIX + "range-not-satisfiable"
    IMPOSSIBLE = _PREFIX + "impossible"
    WRONG_HASH = _PREFIX + "wrong-hash"
    WRONG_SPACE = _PREFIX + "wrong-space"
    SELF_TEST_FAILED = _PREFIX + "self-test-failed"
    TOO_MANY_REQUESTS = _PREFIX + "too-many-requests"
    INTERNAL = _PREFIX + "internal"
    UNAVAILABLE = _PREFIX + "unavailable"

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status that goes with the problem."""
        return _STATUS[self]

    @property
    def summary(self) -> str:
        """A few words for people, the same for every occurrence."""
        return self.value.removeprefix(_PREFIX).replace("-", " ").capitalize()


_STATUS = {
    Problem.MALFORMED: HTTPStatus.BAD_REQUEST,
    Problem.UNSUPPORTED_VERSION: HTTPStatus.BAD_REQUEST,
    Problem.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Problem.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Problem.UNKNOWN_SPACE: HTTPStatus.NOT_FOUND,
    Problem.UNKNOWN_PATH: HTTPStatus.NOT_FOUND,
    Problem.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Problem.NOT_ACCEPTABLE: HTTPStatus.NOT_ACCEPTABLE,
    Problem.RETIRED_SPACE: HTTPStatus.GONE,
    Problem.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Problem.LENGTH_REQUIRED: HTTPStatus.LENGTH_REQUIRED,
    Problem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Problem.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Problem.RANGE_NOT_SATISFIABLE: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    Problem.IMPOSSIBLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.WRONG_HASH: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.WRONG_SPACE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.SELF_TEST_FAILED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
    Problem.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    Problem.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

_OF_ERROR: tuple[tuple[type[ContractError], Problem], ...] = (
    (UnsupportedVersion, Problem.UNSUPPORTED_VERSION),
    (Malformed, Problem.MALFORMED),
    (TooLarge, Problem.TOO_LARGE),
    (WrongSpace, Problem.WRONG_SPACE),
    (SelfTestFailed, Problem.SELF_TEST_FAILED),
    (Impossible, Problem.IMPOSSIBLE),
)


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """One refusal: what was expected, what was got, and where."""

    problem: Problem
    where: str
    expected: str
    got: str
    samples: tuple[int, ...] = ()
    """Of an upload, counted from 0: those without which it would be taken; empty where the fault is not theirs."""

    @classmethod
    def of(cls, error: ContractError) -> "ProblemDocument":
        """Say what `error` says."""
        problem = next((problem for kind, problem in _OF_ERROR if isinstance(error, kind)), Problem.MALFORMED)
        return cls(problem=problem, where=error.where, expected=error.expected, got=error.got, samples=error.samples)

    @classmethod
    def parse(cls, data: bytes) -> "ProblemDocument":
        """Read a problem document of this contract; what it says to people may be missing.

        Raises:
            Malformed, TooLarge, Impossible: not one, as when a proxy answered in the service's place.
        """
        fields = parse_document(data, where="problem", max_bytes=MAX_PROBLEM_BYTES)
        texts = {
            key: fields.text(key, max_characters=MAX_PROBLEM_BYTES) if key in fields else ""
            for key in ("where", "expected", "got")
        }
        return cls(problem=fields.choice("type", Problem), samples=_parse_samples(fields), **texts)

    @property
    def detail(self) -> str:
        """The refusal in one line."""
        if not (self.where or self.expected or self.got):
            return self.problem.summary
        return f"{self.where}: expected {self.expected}, got {self.got}"

    def encode(self) -> bytes:
        """Write the document."""
        document: dict[str, Json] = {
            "type": self.problem.value,
            "title": self.problem.summary,
            "status": self.problem.status.value,
            "detail": self.detail,
            "where": self.where,
            "expected": self.expected,
            "got": self.got,
        }
        return encode_json(document | ({"samples": list(self.samples)} if self.samples else {}))


def _parse_samples(fields: Fields) -> tuple[int, ...]:
    """Read the samples that a problem is with, where it says any."""
    if "samples" not in fields:
        return ()
    samples = fields.integers("samples", max_items=MAX_PROBLEM_SAMPLES)
    if not samples or any(after <= before for before, after in pairwise(samples)):
        raise Impossible(fields.place("samples"), expected="one at least, rising", got=shown(list(samples)))
    return samples
