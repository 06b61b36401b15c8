"""What only S3 can do to us: lost answers, conflicts, servers that ignore conditions, versions."""

import re
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pytest

from cloud.errors import (
    AlreadyExists,
    NotFound,
    PreconditionFailed,
    StoreFull,
    StoreRefused,
    StoreUnreachable,
    Unavailable,
    Uncertain,
    Unusable,
)
from cloud.store import open_store, probe
from cloud.store.s3 import DENIED_ATTEMPTS, S3Store
from cloud.store.store import ByteRange
from demo.running.minio import Minio

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}
ERROR = "<Error><Code>{}</Code><Message>said by the test</Message></Error>"


@dataclass
class Faults:
    """What the proxy does to the next PUTs, in order, and what it saw."""

    plan: list[str] = field(default_factory=list)
    puts: int = 0

    def next(self) -> str:
        self.puts += 1
        return self.plan.pop(0) if self.plan else "pass"


class Proxy(BaseHTTPRequestHandler):
    """Passes requests to MinIO, unless the plan says otherwise."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    faults = Faults()

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.faults.next() if self.command == "PUT" and body else "pass"
        if fault == "drop before":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault.startswith("answer"):
            _, number, code = fault.split()
            self.answer(int(number), {}, ERROR.format(code).encode())
        else:
            status, headers, answer = self.pass_on(body)
            if fault == "drop after":
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                self.answer(status, headers, answer)

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_one  # noqa: N815

    def pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = HTTPConnection(self.upstream)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in {*HOP_BY_HOP, "expect"}:
                upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return answer.status, dict(answer.getheaders()), content

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        kept = {name: value for name, value in headers.items() if name.lower() not in {*HOP_BY_HOP, "content-length"}}
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        for name, value in {**kept, "Content-Length": length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Refusing(Proxy):
    """Says the same to everything."""

    status: int
    content: bytes
    headers_sent: Mapping[str, str] = MappingProxyType({})

    def handle_one(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer(self.status, dict(self.headers_sent), self.content)

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_one  # noqa: N815


class Careless(Proxy):
    """An S3 server of its own, in memory, that ignores every condition."""

    objects: dict[str, bytes]

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        key = parts.path.partition("/")[2].partition("/")[2]
        if self.command == "PUT" and key:
            self.objects[key] = body
        if self.command == "DELETE":
            self.objects.pop(key, None)
        if not key:
            self.answer(200, {}, self.listed(parse_qs(parts.query)) if "list-type" in parts.query else b"<V/>")
        elif self.command in ("GET", "HEAD") and key not in self.objects:
            self.answer(404, {}, ERROR.format("NoSuchKey").encode())
        else:
            body = self.objects.get(key, b"")
            etag = f'"{abs(hash(body)):032x}"'
            self.answer(200, {"ETag": etag}, body if self.command in ("GET", "HEAD") else b"")

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_one  # noqa: N815

    def listed(self, query: dict[str, list[str]]) -> bytes:
        found = sorted(key for key in self.objects if key.startswith(query.get("prefix", [""])[0]))
        contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in found)
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode()


def serve(handler: type[BaseHTTPRequestHandler], *, host: str = "127.0.0.1") -> Iterator[str]:
    with ThreadingHTTPServer((host, 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def store(minio: Minio, bucket_address: Any, faults: Faults) -> Iterator[S3Store]:
    """A bucket of a real MinIO, seen through the proxy."""
    open_store(bucket_address()).prepare()
    address = bucket_address()
    handler = type("Handler", (Proxy,), {"upstream": minio.endpoint.removeprefix("http://"), "faults": faults})
    for endpoint in serve(handler):
        bucket = S3Store(urlsplit(address).netloc, endpoint=endpoint)
        bucket.prepare()
        yield bucket


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    for endpoint in serve(type("Handler", (Careless,), {"objects": {}})):
        yield f"s3://bucket?endpoint={endpoint}"


def test_a_conditional_write_whose_answer_was_lost_is_uncertain_and_never_repeated(
    store: S3Store, faults: Faults
) -> None:
    """The SDK's own retry would meet our object and report our success as a failed condition."""
    faults.plan = ["drop after"]
    with pytest.raises(Uncertain):
        store.put_if_absent("a", b"mine")
    assert faults.puts == 1
    assert store.get("a").body == b"mine"


def test_a_conditional_write_that_was_cut_off_is_uncertain_too(store: S3Store, faults: Faults) -> None:
    etag = store.put("a", b"old")
    faults.plan = ["drop before"]
    with pytest.raises(Uncertain):
        store.put_if_match("a", b"new", etag=etag)
    assert faults.puts == 2
    assert store.get("a").body == b"old"


def test_an_unconditional_write_is_repeated_until_it_is_answered(store: S3Store, faults: Faults) -> None:
    faults.plan = ["drop after", "answer 500 InternalError"]
    store.put("a", b"mine")
    assert faults.puts == 3
    assert store.get("a").body == b"mine"


def test_a_conflict_with_another_conditional_write_is_tried_again(store: S3Store, faults: Faults) -> None:
    faults.plan = ["answer 409 ConditionalRequestConflict"] * 3
    store.put_if_absent("a", b"mine")
    assert faults.puts == 4


def test_a_write_that_is_denied_once_is_tried_again_and_one_that_always_is_is_refused(
    store: S3Store, faults: Faults
) -> None:
    """MinIO answered so as others removed the last object of the same folder; it was taken for a lost right."""
    faults.plan = ["answer 403 AccessDenied"] * 2
    store.put_if_absent("a", b"mine")
    assert faults.puts == 3
    faults.plan = ["answer 403 AccessDenied"] * 100
    with pytest.raises(Unusable, match="without the right"):
        store.put_if_absent("b", b"mine")
    assert faults.puts == 3 + DENIED_ATTEMPTS


def test_a_body_waits_for_the_servers_leave_only_if_it_is_large(careless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for leave costs a round trip, and a server that refuses a large body unread cuts its answer off."""
    expected: list[tuple[str | None, int]] = []

    def note(self: Careless) -> None:
        expected.append((self.headers["Expect"], int(self.headers["Content-Length"])))
        Careless.handle_one(self)

    monkeypatch.setattr(Careless, "do_PUT", note)
    store = open_store(careless)
    sizes = (0, 6_000, 256 << 10, (256 << 10) + 1)
    for size in sizes:
        store.add(f"sized/{size}", bytes(size))
        assert store.get(f"sized/{size}").body == bytes(size)
    assert expected == [*((None, size) for size in sizes[:3]), ("100-continue", sizes[3])]


def test_conflicts_without_end_did_not_happen(store: S3Store, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.store.s3.time.sleep", lambda seconds: None)
    faults.plan = ["answer 409 ConditionalRequestConflict"] * 8
    with pytest.raises(Unavailable, match="in conflict"):
        store.put_if_absent("a", b"mine")
    with pytest.raises(NotFound):
        store.get("a")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("answer 412 PreconditionFailed", AlreadyExists),
        ("answer 503 SlowDown", Unavailable),
        ("answer 429 SlowDown", Unavailable),
        ("answer 400 RequestTimeout", Unavailable),
        ("answer 403 InvalidAccessKeyId", Unusable),
        ("answer 501 NotImplemented", Unusable),
        ("answer 405 MethodNotAllowed", Unusable),
        ("answer 507 XMinioStorageFull", StoreFull),
        ("answer 500 InternalError", Uncertain),
        ("answer 502 BadGateway", Uncertain),
    ],
)
def test_an_answer_says_whether_it_can_have_happened(
    store: S3Store, faults: Faults, fault: str, kind: type[Exception]
) -> None:
    faults.plan = [fault]
    with pytest.raises(kind) as caught:
        store.put_if_absent("a", b"mine")
    assert caught.type is kind


def test_a_condition_that_failed_for_sure_is_a_failed_precondition(store: S3Store, faults: Faults) -> None:
    faults.plan = ["answer 412 PreconditionFailed"]
    with pytest.raises(PreconditionFailed):
        store.put_if_match("a", b"mine", etag='"1"')


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setattr("cloud.store.s3.READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr("cloud.store.s3.ATTEMPTS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = S3Store("bucket", endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(Unavailable):
            store.get("a")
        with pytest.raises(Unavailable):
            store.list("a")
        with pytest.raises(Uncertain):
            store.put_if_absent("a", b"")


def test_a_store_that_ignores_conditions_is_refused_in_one_line(careless: str) -> None:
    with pytest.raises(
        StoreRefused, match=r"^s3://bucket\S+ expected conditional writes, got a store that ignores If-M"
    ):
        probe(open_store(careless))


def test_a_store_that_ignores_only_if_none_match_is_refused_too(careless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(careless)
    put_if_match = S3Store.put_if_match

    def careful(self: S3Store, key: str, body: bytes, *, etag: str) -> str:
        if not self.list(key) or self.get(key).etag != etag:
            raise PreconditionFailed(key, etag=etag)
        return put_if_match(self, key, body, etag=etag)

    monkeypatch.setattr(S3Store, "put_if_match", careful)
    with pytest.raises(StoreRefused, match="ignores If-None-Match"):
        probe(store)
    assert store.list("") == []


def test_a_bucket_that_keeps_versions_is_refused(bucket_address: Any) -> None:
    store = open_store(bucket_address())
    probe(store)
    assert isinstance(store, S3Store)
    for status in ("Enabled", "Suspended"):
        store._single.put_bucket_versioning(Bucket=store._bucket, VersioningConfiguration={"Status": status})
        with pytest.raises(StoreRefused, match=f"without versions, got versioning {status}"):
            probe(store)


def test_wrong_credentials_are_one_line_without_the_secret(
    bucket_address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    with pytest.raises(StoreRefused) as caught:
        probe(open_store(bucket_address()))
    assert str(caught.value).endswith(
        "got credentials that the server does not accept: SignatureDoesNotMatch (to ListObjectsV2, region us-east-1)"
    )
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "InvalidAccessKeyId", "credentials that the server does not accept: InvalidAccessKeyId"),
        (403, "AccessDenied", "AccessDenied: credentials without the right s3:ListBucket, or somebody else's bucket"),
        (400, "InvalidBucketName", "InvalidBucketName 400"),
        (501, "NotImplemented", "NotImplemented 501"),
        (301, "PermanentRedirect", "PermanentRedirect: expected region of the bucket, which the server does not name"),
    ],
)
def test_what_a_server_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch, status: int, code: str, said: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    for endpoint in serve(type("Handler", (Refusing,), {"status": status, "content": ERROR.format(code).encode()})):
        with pytest.raises(
            StoreRefused,
            match=re.escape(f"expected a bucket that can be used, got {said} (to ListObjectsV2, region us-east-1)")
            + "$",
        ):
            probe(open_store(f"s3://bucket?endpoint={endpoint}"))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (501, "NotImplemented"),
        (400, "InvalidArgument"),
        (403, "AccessDenied"),
        (405, "MethodNotAllowed"),
        (304, "NotModified"),
    ],
)
@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_store_that_refuses_conditional_writes_is_refused_for_good(
    careless: str, monkeypatch: pytest.MonkeyPatch, status: int, code: str, header: str
) -> None:
    """501 counted as an answer that was lost, so the worker waited for ever for a store that would never do."""

    def refuse(self: Careless) -> None:
        if header in self.headers:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(status, {}, b"" if status == 304 else ERROR.format(code).encode())
        elif self.command == "PUT" and "If-Match" in self.headers:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(412, {}, ERROR.format("PreconditionFailed").encode())
        else:
            Careless.handle_one(self)

    monkeypatch.setattr(Careless, "do_PUT", refuse)
    store = open_store(careless)
    with pytest.raises(StoreRefused) as caught:
        probe(store)
    said = f"got a store that refuses them: not written: {'HTTP status 304' if status == 304 else code}"
    assert f"expected conditional writes, {said}" in str(caught.value)
    assert f"(to PutObject with {header}, region us-east-1)" in str(caught.value)
    assert caught.type is StoreRefused
    assert store.list("") == []


@pytest.mark.parametrize("fault", ["answer 503 SlowDown", "answer 429 SlowDown", "answer 500 InternalError"])
def test_a_store_that_is_busy_at_the_start_is_waited_for(store: S3Store, faults: Faults, fault: str) -> None:
    faults.plan = [fault]
    with pytest.raises(StoreUnreachable):
        probe(store)


@pytest.mark.parametrize(
    ("status", "headers", "detail"),
    [
        (301, {"x-amz-bucket-region": "eu-central-1"}, "<Code>PermanentRedirect</Code>"),
        (400, {}, "<Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region>"),
        (400, {"x-amz-bucket-region": "eu-central-1"}, "<Code>IllegalLocationConstraintException</Code>"),
    ],
)
def test_a_wrong_region_is_told_with_the_one_expected(
    monkeypatch: pytest.MonkeyPatch, status: int, headers: dict[str, str], detail: str
) -> None:
    """It read "PermanentRedirect (301)"."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    content = f"<Error>{detail}<Message>said by the test</Message></Error>".encode()
    handler = type("Handler", (Refusing,), {"status": status, "content": content, "headers_sent": headers})
    for endpoint in serve(handler):
        with pytest.raises(
            StoreRefused, match=r": expected region eu-central-1 \(to ListObjectsV2, region us-west-2\)$"
        ):
            probe(open_store(f"s3://bucket?endpoint={endpoint}"))


@pytest.mark.parametrize("status", [200, 301, 302, 307, 404, 502])
def test_a_server_of_something_else_is_one_line(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """One that redirects http to https, as most do, ended in a RecursionError of boto3's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    page = b"<html><body>Welcome</p></html>" * 1000
    for endpoint in serve(type("Handler", (Refusing,), {"status": status, "content": page})):
        with pytest.raises(
            StoreRefused,
            match=r"got (an answer that is not from S3|HTTP status \d+ without an error code of S3 \(to .*)$",
        ):
            probe(open_store(f"s3://bucket?endpoint={endpoint}"))


def test_a_web_page_is_never_taken_for_an_answer_of_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console or a captive portal says 200 to everything; that once ended in a KeyError, and in "no space"."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    for endpoint in serve(type("Handler", (Refusing,), {"status": 200, "content": b"<html><body/></html>"})):
        store = open_store(f"s3://bucket?endpoint={endpoint}")
        with pytest.raises(StoreRefused, match=r"got an answer that is not from S3$"):
            probe(store)
        for write in (store.put, store.put_if_absent):
            with pytest.raises(Uncertain, match="not from S3"):
                write("key", b"body")
        for read in (store.get, store.list):
            with pytest.raises(Unavailable, match="not from S3"):
                read("key")
        with pytest.raises(Unavailable, match="not from S3"):
            store.get("key", ByteRange(0, 3))


def test_a_list_that_begins_anew_is_an_error(careless: str) -> None:
    """A server that ignores StartAfter would be listed for ever."""
    store = open_store(careless)
    store.put("a/1", b"1")
    assert store.list("a/") == ["a/1"]
    with pytest.raises(Unavailable, match="not listed in order"):
        store.list("a/", after="a/1")


def test_missing_credentials_are_one_line(bucket_address: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(StoreRefused, match="got no credentials: AWS_ACCESS_KEY_ID and"):
        probe(open_store(bucket_address()))


def test_a_server_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"s3://bucket?endpoint=http://127.0.0.1:{unused.getsockname()[1]}"
    store = open_store(address)
    with pytest.raises(StoreRefused, match=r"expected a bucket that can be used, got no connection to the endpoint$"):
        probe(store)
    with pytest.raises(Unavailable):
        store.put_if_absent("a", b"")
    with pytest.raises(Unavailable):
        store.get("a")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST"])
def test_a_store_on_this_machine_is_never_asked_through_a_proxy(
    bucket_address: Any, refusing_proxy: list[str], host: str
) -> None:
    """Every company sets HTTP_PROXY; the S3 of `make minio` was then "credentials that may not do this"."""
    bucket, _, endpoint = bucket_address().partition("?endpoint=")
    handler = type("Handler", (Proxy,), {"upstream": endpoint.removeprefix("http://"), "faults": Faults()})
    for front in serve(handler, host="0.0.0.0"):
        probe(open_store(f"{bucket}?endpoint={front.replace('127.0.0.1', host)}"))
    assert refusing_proxy == []


def test_an_endpoint_of_the_environment_on_this_machine_is_never_asked_through_a_proxy(
    bucket_address: Any, refusing_proxy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _, endpoint = bucket_address().partition("?endpoint=")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.replace("127.0.0.1", "localhost"))
    probe(open_store(address))
    assert refusing_proxy == []


def test_a_store_on_another_machine_is_asked_through_the_proxy(
    refusing_proxy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with pytest.raises(StoreRefused):
        probe(open_store("s3://bucket?endpoint=http://s3.example.org"))
    assert "http://s3.example.org/bucket" in refusing_proxy[0]
