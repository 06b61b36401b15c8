"""What an S3 server refuses, in a line: the call, the region, the right that is missing. Pure.

Messages never have addresses or credentials of requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from botocore.parsers import ResponseParserError

RIGHTS = {
    "ListObjectsV2": "s3:ListBucket",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "CreateBucket": "s3:CreateBucket",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
}
"""The right that each call needs, as policies name it. README's policy has all but that of CreateBucket."""

NO_CONDITION: Mapping[str, str] = MappingProxyType({})
NOT_S3 = "an answer that is not from S3"
MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
BROKEN = (BotoCoreError, ResponseParserError)
"""What is raised where no server of S3 answered."""

_NO_CONNECTION = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError)
_BROKE_OFF = (ReadTimeoutError, ConnectionClosedError, IncompleteReadError, ResponseStreamingError, OSError)
NEVER_SENT = _NO_CONNECTION + _NO_CREDENTIALS

_FULL = frozenset({"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"})
_WRONG_CREDENTIALS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"})
_DENIED = frozenset({"AccessDenied", "AllAccessDisabled", "UnauthorizedAccess"})
_BUSY_STATUSES = frozenset({408, 409, 429})
_BUSY = frozenset({"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"})
_OTHER_REGION = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException", "InvalidRegion"}
)
_REGION = re.compile(r"[a-z0-9-]{1,64}")
_CONDITIONS = {"IfMatch": "If-Match", "IfNoneMatch": "If-None-Match"}


def may_pass(error: Exception) -> bool:
    """Tell whether the same request may work later: nothing answered, or the server was busy or failed."""
    if isinstance(error, ClientError):
        is_busy = status_of(error) in _BUSY_STATUSES or code_of(error) in _BUSY
        return is_busy or (status_of(error) >= 500 and status_of(error) != 501)
    return isinstance(error, _NO_CONNECTION + _BROKE_OFF)


def is_full(error: ClientError) -> bool:
    """Tell whether the server says that it has no room."""
    return code_of(error) in _FULL or status_of(error) == 507


def code_of(error: ClientError) -> str:
    """Return the error code of S3; the status as text where the answer names none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def reason(error: Exception, region: str, condition: Mapping[str, str] = NO_CONDITION) -> str:
    """Describe an error in one line.

    Args:
        error: what boto3 raised.
        region: that was asked.
        condition: of a write, by boto3's names.
    """
    if not isinstance(error, ClientError):
        return broken(error)
    with_condition = "".join(f" with {_CONDITIONS[name]}" for name in condition)
    return f"{_refusal(error, region, condition)} (to {error.operation_name}{with_condition}, region {region})"


def broken(error: Exception) -> str:
    """Describe in one line why no server answered."""
    if isinstance(error, _NO_CREDENTIALS):
        return "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another place where AWS clients look"
    if isinstance(error, _NO_CONNECTION):
        return "no connection to the endpoint"
    if isinstance(error, SSLError):
        return "no TLS connection to the endpoint"
    if isinstance(error, ReadTimeoutError | ConnectionClosedError):
        return "no answer from the endpoint"
    if isinstance(error, ResponseParserError):
        return NOT_S3
    return " ".join(str(error).split()) or type(error).__name__


def _refusal(error: ClientError, region: str, condition: Mapping[str, str]) -> str:
    code, status, expected = code_of(error), status_of(error), _expected_region(error)
    if code in _WRONG_CREDENTIALS:
        return f"credentials that the server does not accept: {code}"
    if code in _DENIED or (error.operation_name == "HeadObject" and status == 403):  # HEAD has no body to name a code
        return f"{code}: credentials without the right {_rights(error, condition)}, or somebody else's bucket"
    if code == "BucketAlreadyExists":
        return f"{code}: somebody else's bucket"
    if (expected and expected != region) or code in _OTHER_REGION:
        return f"{code}: expected region {expected or 'of the bucket, which the server does not name'}"
    if code == str(status):
        return f"HTTP status {status} without an error code of S3"
    return "no such bucket" if code == "NoSuchBucket" else f"{code} {status}"


def _rights(error: ClientError, condition: Mapping[str, str]) -> str:
    needed = RIGHTS.get(error.operation_name, "to do this")
    return f"{needed} or {RIGHTS['GetObject']}" if "IfMatch" in condition else needed


def _expected_region(error: ClientError) -> str:
    """Return the region that the server names as the bucket's; empty where it names none."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    named = str(error.response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region") or "")
    return named if _REGION.fullmatch(named) else ""
