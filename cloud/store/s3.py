"""The S3 store: objects in one bucket of any S3 server with conditional writes. The one owner of boto3.

MinIO is the reference server.

Two clients. Reads and unconditional writes may be repeated freely, so the SDK retries them. Conditional writes must not
be: a retry after a lost answer meets our own object and reports our success as a failed condition. Only what says that
nothing happened is tried again here: 409 `ConditionalRequestConflict`, and a few times 403 `AccessDenied`.

Errors are sorted by whether the server can have acted, and by whether it may do so later::

    it was never reached, or is busy (408, 409, 429, 503), no room  -> Unavailable, StoreFull
    it refused: a right, a region, something it cannot do (4xx, 501) -> Unusable
    a conditional write without an answer, or with another 5xx      -> Uncertain
    it may have been written                                         (reads: Unavailable)
"""

from __future__ import annotations

import builtins
import io
import random
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import boto3
import botocore.config
from botocore.exceptions import BotoCoreError, ClientError

from cloud.errors import (
    AlreadyExists,
    CloudError,
    NotFound,
    OutOfRange,
    PreconditionFailed,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreUnreachable,
    Unavailable,
    Uncertain,
    Unusable,
)
from cloud.store.s3_refusals import (
    BROKEN,
    MISSING,
    NEVER_SENT,
    NO_CONDITION,
    NOT_S3,
    broken,
    code_of,
    is_full,
    may_pass,
    reason,
    status_of,
)
from cloud.store.store import MAX_LISTED, ByteRange, ListedObject, ObjectStat, StoredObject, check_key, check_limit
from contract.loopback import is_loopback_url

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
ATTEMPTS = 3
CONFLICT_ATTEMPTS = 8
DENIED_ATTEMPTS = 4
"""Of a write: MinIO denies one by right, or as a folder on its disk went with its last object just then."""
CONNECTIONS = 32
DEFAULT_REGION = "us-east-1"
MAX_SENT_AT_ONCE = 256 << 10
"""Of a body, in bytes: so much is read by servers in Go, MinIO too, after they refused it."""

_REFUSED = (ClientError, *BROKEN)


class S3Store:
    """An `ObjectStore` in a bucket. Credentials and region are found where every AWS client looks.

    Raises:
        StoreRefused: what is found there, or the endpoint, makes no client.
    """

    def __init__(self, bucket: str, *, endpoint: str | None = None) -> None:
        self._bucket = bucket
        self._endpoint = endpoint
        try:
            session = boto3.session.Session()  # of its own: sessions are not safe to share between threads, clients are
            self._retrying = _client(session, endpoint, attempts=ATTEMPTS)
            self._single = _client(session, endpoint, attempts=1)
        except (BotoCoreError, ValueError) as error:
            raise StoreRefused(f"{self!r}: expected what makes an S3 client, got {broken(error)}") from error
        self._region = str(self._retrying.meta.region_name)

    def __repr__(self) -> str:
        return f"s3://{self._bucket}" + (f"?endpoint={self._endpoint}" if self._endpoint else "")

    def prepare(self) -> None:
        """Make the bucket unless it is there, and refuse one that keeps versions. See `ObjectStore`."""
        try:
            self._make_bucket()
            status = self._versioning()
        except _REFUSED as error:
            refusal = StoreUnreachable if may_pass(error) else StoreRefused
            raise refusal(f"{self!r}: expected a bucket that can be used, got {reason(error, self._region)}") from error
        if status:
            raise StoreRefused(
                f"{self!r}: expected a bucket without versions, got versioning {status}: erasure would not erase"
            )

    def put(self, key: str, body: bytes) -> str:
        """See `ObjectStore`."""
        return self._put(self._retrying, key, body)

    def put_if_absent(self, key: str, body: bytes) -> str:
        """See `ObjectStore`."""
        return self._put(self._single, key, body, AlreadyExists(key), IfNoneMatch="*")

    def add(self, key: str, body: bytes) -> None:
        """See `ObjectStore`."""
        self.put_if_absent(key, body)

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        """See `ObjectStore`."""
        return self._put(self._single, key, body, PreconditionFailed(key, etag=etag), IfMatch=etag)

    def get(self, key: str, byte_range: ByteRange | None = None) -> StoredObject:
        """See `ObjectStore`."""
        if byte_range is None:
            answer = self._read(key, lambda address: self._fetch(**address))
            return StoredObject(answer["Body"], _field(answer, "ETag", key), len(answer["Body"]))
        try:
            wanted = f"bytes={byte_range.begin}-{byte_range.end - 1}"
            answer = self._read(key, lambda address: self._fetch(Range=wanted, **address))
        except _RangeRefused:
            raise OutOfRange(key, begin=byte_range.begin) from None
        return StoredObject(answer["Body"], "", int(_field(answer, "ContentRange", key).rpartition("/")[2]))

    def stat(self, key: str) -> ObjectStat:
        """See `ObjectStore`."""
        return ObjectStat(self._read(key, lambda address: self._retrying.head_object(**address))["ContentLength"])

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        """See `ObjectStore`."""
        return [each["Key"] for each in self._list(prefix, after, limit)]

    def entries(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> builtins.list[ListedObject]:
        """See `ObjectStore`."""
        return [
            ListedObject(each["Key"], each["Size"], each["LastModified"].timestamp())
            for each in self._list(prefix, after, limit)
        ]

    def _list(self, prefix: str, after: str, limit: int) -> builtins.list[dict[str, Any]]:
        asked = {"Bucket": self._bucket, "Prefix": prefix, "StartAfter": after, "MaxKeys": check_limit(limit)}
        try:
            answer = self._retrying.list_objects_v2(**asked)
        except _REFUSED as error:
            raise self._not_done(prefix, "not listed", error) from error
        _field(answer, "IsTruncated", prefix)
        found: builtins.list[dict[str, Any]] = answer.get("Contents", [])
        names = [after, *(each["Key"] for each in found)]
        if any(key <= last or not key.startswith(prefix) for last, key in pairwise(names)):
            raise Unusable(prefix, "not listed in order, as S3 does")  # whoever lists on would never end
        return found

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        try:
            self._retrying.delete_object(**self._address(key))
        except _REFUSED as error:
            raise self._write_error(key, error) from error

    def _address(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": check_key(key)}

    def _put(self, client: Any, key: str, body: bytes, unmet: CloudError | None = None, **condition: str) -> str:
        """Write under a condition; `unmet` is raised where it fails."""
        for attempt in range(CONFLICT_ATTEMPTS):
            try:
                answer = client.put_object(**self._address(key), Body=body, **condition)
                return str(answer["ETag"])
            except KeyError:
                raise Uncertain(key, f"{NOT_S3}: it names no ETag") from None
            except ClientError as error:
                if unmet and (status_of(error) == 412 or code_of(error) in MISSING):
                    raise unmet from None
                if not _is_tried_again(error, attempt):
                    raise self._write_error(key, error, condition) from error
                time.sleep(random.uniform(0, 0.02 * 2**attempt))
            except BROKEN as error:
                raise self._write_error(key, error, condition) from error
        raise Unavailable(key, f"not written: {CONFLICT_ATTEMPTS} times in conflict with other writers")

    def _fetch(self, **asked: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._retrying.get_object(**asked)
        return answer | {"Body": answer["Body"].read()}

    def _read(self, key: str, ask: Callable[[dict[str, str]], dict[str, Any]]) -> dict[str, Any]:
        try:
            return ask(self._address(key))
        except ClientError as error:
            if code_of(error) in MISSING:
                raise NotFound(key) from None
            if status_of(error) == 416:
                raise _RangeRefused from None
            raise self._not_done(key, "cannot be read", error) from error
        except (*BROKEN, OSError) as error:  # OSError: urllib3, in the middle of a body
            raise self._not_done(key, "cannot be read", error) from error

    def _make_bucket(self) -> None:
        try:
            # a HEAD request would not say why it is refused
            answer = self._retrying.list_objects_v2(Bucket=self._bucket, MaxKeys=1)
        except ClientError as error:
            if status_of(error) != 404:
                raise
            self._create_bucket()
        else:
            if "IsTruncated" not in answer:
                raise StoreRefused(f"{self!r}: expected a bucket that can be used, got {NOT_S3}")

    def _create_bucket(self) -> None:
        region = self._retrying.meta.region_name
        location = {} if region == DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            self._retrying.create_bucket(Bucket=self._bucket, **location)
        except ClientError as error:
            if code_of(error) != "BucketAlreadyOwnedByYou":  # another process was first
                raise

    def _versioning(self) -> str | None:
        try:
            return str(self._retrying.get_bucket_versioning(Bucket=self._bucket).get("Status") or "") or None
        except ClientError as error:
            if status_of(error) == 501:
                return None  # a server without versions
            raise

    def _write_error(self, key: str, error: Exception, condition: Mapping[str, str] = NO_CONDITION) -> StoreError:
        """Sort a failed write by whether it can have happened."""
        if isinstance(error, NEVER_SENT):
            return self._not_done(key, "not written", error)
        if not isinstance(error, ClientError):
            return Uncertain(key, f"no answer: {reason(error, self._region)}")
        if is_full(error):
            return StoreFull(key, f"not written: {reason(error, self._region)}")
        if status_of(error) < 500 or status_of(error) in (501, 503):
            return self._not_done(key, "not written", error, condition)
        return Uncertain(key, f"no clear answer: {reason(error, self._region, condition)}")

    def _not_done(
        self, key: str, what: str, error: Exception, condition: Mapping[str, str] = NO_CONDITION
    ) -> Unavailable:
        """Sort what did not happen by whether it may happen later."""
        kind = Unavailable if may_pass(error) else Unusable
        return kind(key, f"{what}: {reason(error, self._region, condition)}")


class _RangeRefused(Exception):
    """416: the object ends before the range begins."""


def _is_tried_again(error: ClientError, attempt: int) -> bool:
    """Tell whether a refused write did not happen, and may be taken at the next attempt; they are counted from 0."""
    code = code_of(error)
    return code == "ConditionalRequestConflict" or (code == "AccessDenied" and attempt + 1 < DENIED_ATTEMPTS)


def _field(answer: dict[str, Any], name: str, key: str) -> Any:
    """Return what every S3 server's answer has; raise `Unusable` for one without it, such as a web page."""
    if name not in answer:
        raise Unusable(key, f"{NOT_S3}: it names no {name}")
    return answer[name]


def _client(session: Any, endpoint: str | None, *, attempts: int) -> Any:
    config = botocore.config.Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=CONNECTIONS,
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint else "auto"},
        request_checksum_calculation="when_required",  # other servers refuse what boto3 sends by default
        response_checksum_validation="when_required",
    )
    region = session.region_name or DEFAULT_REGION
    client = session.client("s3", endpoint_url=endpoint, region_name=region, config=config)
    address = client.meta.endpoint_url  # the environment may name one too (AWS_ENDPOINT_URL)
    if is_loopback_url(address):
        direct = botocore.config.Config(proxies={}, s3={"addressing_style": "path"})  # proxies lead to other machines
        client = session.client("s3", endpoint_url=address, region_name=region, config=config.merge(direct))
    client.meta.events.register("before-call.s3.PutObject", _send_small_bodies_at_once)
    if endpoint:
        client.meta.events.register("before-call.s3", _take_redirects_as_answers)
    return client


def _send_small_bodies_at_once(params: dict[str, Any], **_: Any) -> None:
    """Keep boto3 from waiting for the server's leave (`Expect`), and from sending a body in pieces of 16 kB.

    A server that refuses a larger body may close the connection before its answer is read; so leave is asked there.
    """
    body = params["body"]
    if isinstance(body, io.BytesIO) and body.getbuffer().nbytes <= MAX_SENT_AT_ONCE:
        params["body"] = body.getvalue()
        params["headers"].pop("Expect", None)


def _take_redirects_as_answers(context: dict[str, Any], **_: Any) -> None:
    """Keep boto3 from looking for the bucket elsewhere: it asks an endpoint that redirects everything without end."""
    context["s3_redirect"]["redirected"] = True
