"""Reads what a service answers: bounded in bytes and time, and fit for a terminal."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import requests
import urllib3.exceptions
from urllib3.util import Retry

from contract import routes
from contract.errors import ContractError
from contract.patterns import REQUEST_ID_PATTERN
from contract.problems import MAX_PROBLEM_BYTES, PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.text import escaped
from device.errors import DeviceError, ProtocolViolation, Redirected, Refused, TryLater, Unexplained, Unreachable
from device.service.pace import Pace

CHUNK_BYTES = 64 << 10
MAX_RETRY_AFTER_S = 86_400
MAX_SHOWN_CHARACTERS = 300
TRY_LATER = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer whose headers are here and whose body is still to come."""

    response: requests.Response
    where: str
    """Begins every message."""
    pace: Pace

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def media_type(self) -> str:
        """The media type without its parameters, lower case; empty where the answer names none."""
        return self.header("Content-Type").partition(";")[0].strip().lower()

    def header(self, name: str) -> str:
        """Return a header, or an empty text."""
        return self.response.headers.get(name, "")

    def check(self, holds: bool, *, expected: str, got: str) -> None:
        """Raise `ProtocolViolation` unless something holds, and let go of the connection then."""
        if not holds:
            self.response.close()
            raise ProtocolViolation(f"{self.where}: expected {expected}, got {printable(got)}")

    def expect(self, *statuses: int) -> Reply:
        """Return this reply if it has one of the statuses that were asked for; raise the refusal that it is."""
        if self.status not in statuses:
            raise self.refusal()
        return self

    def check_json(self, *, expected: str) -> None:
        """Raise `ProtocolViolation` unless the body is said to be JSON."""
        is_json = self.media_type == routes.JSON_MEDIA_TYPE
        self.check(is_json, expected=expected, got=self.media_type or "no media type")

    def read(self, max_bytes: int) -> bytes:
        """Read the whole body. Raises as `chunks` does."""
        return b"".join(self.chunks(max_bytes))

    def chunks(self, max_bytes: int) -> Iterator[bytes]:
        """Yield the body as it comes, and let go of the connection at its end.

        Raises:
            ProtocolViolation: over `max_bytes`, or compressed, which was not asked for.
            Unreachable: it broke off, or comes more slowly than `device.service.pace` allows.
        """
        with self.response:
            self.pace.expect_body(max_bytes)
            coding = self.header("Content-Encoding") or "identity"
            self.check(coding == "identity", expected="a body as it is", got=f"coding {coding}")
            received = 0
            while chunk := self._next_chunk():
                received += len(chunk)
                self.check(received <= max_bytes, expected=f"at most {max_bytes} bytes", got="more")
                yield chunk

    def refusal(self) -> DeviceError:
        """Turn an answer that was not expected into the error that tells what can be done about it."""
        with self.response:
            document = self._problem()
        reason_given = printable(document.detail) if document else "without a reason of FEDEx"
        message = f"{self.where}: {self.status} {reason_given}"
        if self.status in TRY_LATER or (document and document.problem is Problem.WRONG_HASH):  # damaged on its way
            return TryLater(message, retry_after_s=parse_retry_after(self.header(routes.RETRY_AFTER)))
        if document and 400 <= self.status < 500:
            return Refused(message, status=self.status, problem=document.problem, samples=document.samples)
        if 400 <= self.status < 500:
            return Unexplained(message, status=self.status)
        if self.status // 100 == 3 and self.status != HTTPStatus.NOT_MODIFIED:
            to = printable(self.header("Location")) or "nowhere"
            return Redirected(f"{self.where}: expected an answer, got {self.status}, a redirect to {to}")
        return ProtocolViolation(f"{self.where}: expected a status of the contract, got {self.status}")

    def _next_chunk(self) -> bytes:
        try:
            return self.response.raw.read1(CHUNK_BYTES, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(f"{self.where}: {reason(error)}") from error

    def _problem(self) -> ProblemDocument | None:
        """Read the document of a refusal; None where it is not the service's: without one, or with another status's."""
        if self.media_type != PROBLEM_MEDIA_TYPE:
            return None
        try:
            document = ProblemDocument.parse(self.read(MAX_PROBLEM_BYTES))
        except (ContractError, ProtocolViolation, Unreachable):
            return None
        return document if document.problem.status == self.status else None


def name_in_log(response: requests.Response, *, asked: str) -> str:
    """Return what the service's log calls a request: `asked`, or what a proxy in between made of it."""
    told = response.headers.get(routes.REQUEST_ID, "")
    return told if REQUEST_ID_PATTERN.fullmatch(told) else asked


def printable(text: str) -> str:
    """Make another program's text fit for one line of a terminal."""
    line = escaped(text)
    return line if len(line) <= MAX_SHOWN_CHARACTERS else line[: MAX_SHOWN_CHARACTERS - 3] + "..."


def reason(error: BaseException) -> str:
    """Say in a few words why there was no answer; the message of requests fills three lines."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "too little progress within the time-out"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {printable(cause.verify_message)}"
        if isinstance(cause, OSError) and cause.strerror:
            return printable(cause.strerror)
        cause = cause.__cause__ or cause.__context__
    return "the connection broke"


def was_connected(error: BaseException) -> bool:
    """Tell whether a connection stood before it failed, so that the service may have got something."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return False
    cause: object = error.args[0] if error.args else None
    return not isinstance(getattr(cause, "reason", None), urllib3.exceptions.NewConnectionError)


def parse_retry_after(text: str) -> float | None:
    """Read Retry-After, in seconds or as a date; at most a day, None if it cannot be read."""
    retry = Retry()
    retry.retry_after_max = MAX_RETRY_AFTER_S  # from urllib3 2.6.3 on it has a bound of its own, of six hours
    try:
        return min(float(retry.parse_retry_after(text)), MAX_RETRY_AFTER_S)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None
