"""`Expect: 100-continue` is answered before the body, so that clients that wait for it (curl, java.net.http) go on."""

import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.certificates import write_certificate
from tests.cloud.conftest import HOME_CODE, SPACE
from tests.conftest import missing

CODE = json.dumps({"code": HOME_CODE}).encode()
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
WITHIN_S = 10
"""Far more than an answer takes; curl and Java would wait longer, or for ever."""

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


@dataclass(frozen=True)
class Running:
    url: str
    certificate: Path | None

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=WITHIN_S)
        if self.certificate is None:
            return connection
        context = ssl.create_default_context(cafile=str(self.certificate))
        return context.wrap_socket(connection, server_hostname="127.0.0.1")


@pytest.fixture(scope="module", params=["http", "https"])
def service(
    request: pytest.FixtureRequest,
    start_service: StartService,
    training_bundle: TrainingBundle,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("expectations")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    settings, certificate = {"FEDEX_STORE": f"dir:{folder / 'store'}", "FEDEX_STALL_S": "5"}, None
    if request.param == "https":
        certificate, key = write_certificate(folder)
        settings |= {"FEDEX_TLS_CERT": str(certificate), "FEDEX_TLS_KEY": str(key)}
    with start_service(folder, certificate=certificate, **settings) as url:
        yield Running(url, certificate)


def enrolment(*headers: str) -> bytes:
    lines = ["POST /v1/devices HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "\r\n"]).encode()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    got = b""
    while not got.endswith(end):
        more = connection.recv(1)
        assert more, f"closed after {got!r}"
        got += more
    return got


def check_enrolled(connection: socket.socket) -> None:
    headers = read_until(connection, b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 201 "), headers
    length = int(headers.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    assert json.loads(body)["group"] == "home"


@pytest.mark.parametrize("spelling", ["100-continue", "100-Continue"])
def test_the_permission_comes_before_the_body(service: Running, spelling: str) -> None:
    with service.connect() as connection:
        connection.sendall(enrolment(f"Content-Length: {len(CODE)}", f"Expect: {spelling}"))
        assert read_until(connection, CONTINUE) == CONTINUE
        connection.sendall(CODE)
        check_enrolled(connection)


def test_it_comes_for_each_request_of_a_connection(service: Running) -> None:
    with service.connect() as connection:
        for _ in range(3):
            connection.sendall(enrolment(f"Content-Length: {len(CODE)}", "Expect: 100-continue"))
            assert read_until(connection, CONTINUE) == CONTINUE
            connection.sendall(CODE)
            check_enrolled(connection)


def test_it_comes_when_headers_come_in_pieces(service: Running) -> None:
    with service.connect() as connection:
        for byte in enrolment(f"Content-Length: {len(CODE)}", "Expect: 100-continue"):
            connection.sendall(bytes([byte]))
        assert read_until(connection, CONTINUE) == CONTINUE
        connection.sendall(CODE)
        check_enrolled(connection)


def test_it_comes_beside_an_offer_of_http_2(service: Running) -> None:
    """What java.net.http sends over plain http unless it is told to speak HTTP/1.1."""
    offer = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    with service.connect() as connection:
        connection.sendall(enrolment(f"Content-Length: {len(CODE)}", "Expect: 100-continue", *offer))
        assert read_until(connection, CONTINUE) == CONTINUE
        connection.sendall(CODE)
        check_enrolled(connection)


def test_a_client_that_does_not_wait_is_answered_too(service: Running) -> None:
    with service.connect() as connection:
        connection.sendall(enrolment(f"Content-Length: {len(CODE)}", "Expect: 100-continue") + CODE)
        assert read_until(connection, CONTINUE) == CONTINUE
        check_enrolled(connection)


def test_another_expectation_is_refused(service: Running) -> None:
    with service.connect() as connection:
        connection.sendall(enrolment(f"Content-Length: {len(CODE)}", "Expect: the-impossible"))
        assert read_until(connection, b"\r\n").startswith(b"HTTP/1.1 417 ")


def test_curl_sends_an_upload_without_a_wait(service: Running, make_upload: MakeUpload, tmp_path: Path) -> None:
    token = json.loads(curl(service, "POST", "/v1/devices", CODE, tmp_path, "application/json")[1])["token"]
    body = make_upload([f"person {number}" for number in range(200)])
    path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    began = time.monotonic()
    status, answer = curl(service, "PUT", path, body, tmp_path, UPLOAD_MEDIA_TYPE, f"Authorization: Bearer {token}")
    assert (status, json.loads(answer)) == (201, {"upload": upload_id(body)})
    assert time.monotonic() - began < WITHIN_S


def curl(
    service: Running, method: str, path: str, body: bytes, folder: Path, media_type: str, *headers: str
) -> tuple[int, bytes]:
    """Send a body as curl does that waits for its permission up to a minute."""
    found = shutil.which("curl") or missing("curl")
    (folder / "body").write_bytes(body)
    trust = ["--cacert", str(service.certificate)] if service.certificate else []
    lines = [f"-H{line}" for line in ("Expect: 100-continue", f"Content-Type: {media_type}", *headers)]
    command = [found, "-sS", "--http1.1", "--noproxy", "*", "--expect100-timeout", "60", "-m", "60", "-X", method]
    command += [*trust, *lines, "--data-binary", f"@{folder / 'body'}", "-w", "\n%{http_code}", service.url + path]
    done = subprocess.run(command, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr
    answer, _, status = done.stdout.rpartition(b"\n")
    return int(status), answer
