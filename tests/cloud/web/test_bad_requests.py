"""What a broken or hostile client sends: a refusal or a closed connection, never an end of the service."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.releases import objects
from cloud.store import keys, open_store
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.files import sha256_hex
from contract.problems import PROBLEM_MEDIA_TYPE
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id

SPACE = "5" * 64
PUT = f"PUT /v1/spaces/{SPACE}/uploads/{'0' * 64} HTTP/1.1\r\nHost: x\r\nContent-Type: {UPLOAD_MEDIA_TYPE}\r\n"
ENROL = "POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CODE = b'{"code": "a-code-for-home"}'
LAZILY_READ = ("If-Range", "If-Modified-Since", "If-Unmodified-Since", "Date", "Accept", "Cookie", "Cache-Control")

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


@dataclass(frozen=True)
class Running:
    url: str
    address: str
    log: Path


@pytest.fixture(scope="module")
def service(
    start_service: StartService, training_bundle: TrainingBundle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One service; what a socket suffers does not depend on the store."""
    folder = tmp_path_factory.mktemp("bad-requests")
    address = prepare(folder, training_bundle)
    with start_service(folder, FEDEX_STORE=address) as url:
        yield Running(url, address, folder / "log")


@pytest.fixture(scope="module")
def token(service: Running) -> str:
    return str(enrol(service.url).json()["token"])


@pytest.fixture
def connect(service) -> Iterator[Callable[[], socket.socket]]:  # type: ignore[no-untyped-def]
    opened: list[socket.socket] = []

    def open_one() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=60))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def read_answer(connection: socket.socket) -> tuple[int, str, bytes]:
    """Status, headers and body of the next answer on a connection."""
    headers, body = b"", b""
    while not headers.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"closed after {headers!r}"
        headers += byte
    length = int(re.search(rb"Content-Length: (\d+)", headers, re.IGNORECASE)[1])  # type: ignore[index]
    while len(body) < length:
        body += connection.recv(length - len(body))
    return int(headers.split()[1]), headers.decode(), body


def check_refused(connection: socket.socket, *statuses: int) -> str:
    status, headers, body = read_answer(connection)
    assert status in statuses, (headers, body)
    assert PROBLEM_MEDIA_TYPE in headers
    assert json.loads(body)["status"] == status
    return headers


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def authorization(token: str) -> str:
    return f"Authorization: Bearer {token}\r\n"


@pytest.mark.parametrize(
    "request_line",
    [
        b"\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: a\r\n" * 200 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
        b"POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/devices HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_by_gunicorn_itself(connect, request_line: bytes) -> None:  # type: ignore[no-untyped-def]
    """With a page, by which a client knows that the service has not seen it."""
    connection = connect()
    connection.sendall(request_line)
    status, headers, _ = read_answer(connection)
    assert status in (400, 414, 431)
    assert "Content-Type: text/html" in headers
    assert is_closed(connection)


def test_an_upload_without_a_length_is_refused(connect, token: str) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(f"{PUT}{authorization(token)}\r\n".encode())
    check_refused(connection, 411)


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"5\r\nabcdefgh\r\n", b"-1\r\n", b"5;\r\n" * 3, b"5\r\nabcde\rx"])
def test_garbled_chunks_are_refused_and_the_connection_ends(connect, token: str, chunks: bytes) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(f"{PUT}{authorization(token)}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
    connection.shutdown(socket.SHUT_WR)
    check_refused(connection, 400, 413)
    assert is_closed(connection)


LENGTH, CHUNKED = "Content-Length: 1000", "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (LENGTH, b""),
        (LENGTH, bytes(10)),
        (CHUNKED, b""),
        (CHUNKED, b"5"),
        (CHUNKED, b"5\r\nabc"),
        (CHUNKED, b"5\r\nabcde"),
        (CHUNKED, b"5\r\nabcde\r"),
        (CHUNKED, b"5\r\nabcde\r\n"),
        (CHUNKED, b"5\r\nabcde\r\n0\r\n"),
    ],
)
def test_a_body_that_ends_early_may_be_sent_again(connect, token: str, framing: str, body: bytes) -> None:  # type: ignore[no-untyped-def]
    """It says nothing of what was to be sent. Called malformed, the device set the upload aside for good."""
    connection = connect()
    connection.sendall(f"{PUT}{authorization(token)}{framing}\r\n\r\n".encode() + body)
    connection.shutdown(socket.SHUT_WR)
    assert "Retry-After: " in check_refused(connection, 503)


@pytest.mark.parametrize("length", [100, 4_000])
def test_a_body_that_stalls_is_given_up(connect, token: str, length: int) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(f"{PUT}{authorization(token)}Content-Length: {length}\r\n\r\n".encode() + bytes(10))
    check_refused(connection, 503)
    assert is_closed(connection)


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"PUT /v1/spaces/x HTTP/1.1\r\nHost: x\r\nA: "])
def test_headers_that_do_not_come_are_given_up(connect, sent: bytes) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(sent)
    assert is_closed(connection)


def test_a_header_without_end_is_given_up(connect) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * (64 << 10))
    assert is_closed(connection)


def test_clients_that_vanish_in_the_middle_leave_no_trace(connect, service, token: str) -> None:  # type: ignore[no-untyped-def]
    for _ in range(16):
        connection = connect()
        connection.sendall(f"{PUT}{authorization(token)}Content-Length: 100000\r\n\r\n".encode() + bytes(1000))
        connection.close()
    assert requests.get(f"{service.url}/healthz", timeout=10).ok
    assert open_store(service.address).list(keys.INBOX) == []


@pytest.mark.parametrize("size", [10, 10_000, 5 << 20])
def test_a_refusal_is_read_by_a_client_that_sends_all_first(connect, size: int) -> None:  # type: ignore[no-untyped-def]
    """Closed at once, its connection would be reset, and the answer lost. What still comes is thrown away."""
    connection = connect()
    connection.sendall(f"{PUT}Content-Length: {size}\r\n\r\n".encode() + bytes(size))
    check_refused(connection, 401)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert read_answer(connection)[0] == 200


def test_a_body_of_a_gigabyte_is_refused_without_reading_it(connect, token: str) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(f"{PUT}{authorization(token)}Content-Length: {1 << 30}\r\n\r\n".encode())
    check_refused(connection, 413)
    assert is_closed(connection)


@pytest.mark.parametrize("value", ["", "=", ";;", "é", "9" * 5000, "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"])
@pytest.mark.parametrize("path", ["/healthz", "/v1/objects/{object}", "/v1/spaces/{space}/releases"])
def test_a_header_that_means_nothing_changes_nothing(service, token: str, path: str, value: str) -> None:  # type: ignore[no-untyped-def]
    """Werkzeug reads headers when they are asked for, and its parser of dates lets an OverflowError out."""
    body = b"an object"
    objects.put(open_store(service.address), Pool("home", SPACE), body, publication="0" * 16)
    sent = {name: value.encode() for name in LAZILY_READ} | {"Authorization": f"Bearer {token}"}
    answer = requests.get(
        service.url + path.format(object=sha256_hex(body), space=SPACE),
        headers=sent | {"Range": "bytes=0-1"},
        timeout=10,
    )
    assert answer.status_code == 200


def test_requests_that_come_at_once_are_answered_in_turn(connect) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    enrol = f"{ENROL}Content-Length: {len(CODE)}\r\n\r\n".encode() + CODE
    alive = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    connection.sendall(alive + enrol + alive + alive[:20])
    assert [read_answer(connection)[0] for _ in range(3)] == [200, 201, 200]
    connection.sendall(alive[20:] + alive)
    assert [read_answer(connection)[0] for _ in range(2)] == [200, 200]


def test_an_enrolment_in_chunks_is_refused(connect) -> None:  # type: ignore[no-untyped-def]
    """How long chunks will be nobody knows beforehand, and no stranger is waited for long."""
    connection = connect()
    connection.sendall(f"{ENROL}Transfer-Encoding: chunked\r\n\r\n".encode())
    check_refused(connection, 411)
    assert is_closed(connection)


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_an_enrolment_that_is_said_to_be_something_else_is_refused(service, media_type: str) -> None:  # type: ignore[no-untyped-def]
    """A page in somebody's browser may send forms to other machines, but no JSON unless it is let."""
    headers = {"Content-Type": media_type} if media_type else {}
    answer = requests.post(f"{service.url}/v1/devices", data=CODE, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["where"]) == (415, "Content-Type")


def test_json_may_say_how_it_is_encoded(service) -> None:  # type: ignore[no-untyped-def]
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert requests.post(f"{service.url}/v1/devices", data=CODE, headers=headers, timeout=10).status_code == 201


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /v1", "PATH_INFO: /healthz", "SCRIPT-NAME: /v1"])
def test_no_header_changes_the_path(connect, header: str) -> None:  # type: ignore[no-untyped-def]
    """Gunicorn believes a few headers of anybody on the same machine, unless it is told otherwise."""
    connection = connect()
    connection.sendall(f"GET /v1/healthz HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
    check_refused(connection, 404)


def test_headers_of_proxies_that_disagree_are_nobodys_business(connect) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n\r\n")
    assert read_answer(connection)[0] == 200


@pytest.mark.parametrize("path", ["//healthz", "/v1//devices", "//v1//devices", f"//v1//objects//{'0' * 64}"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_slashes_are_not_merged(connect, token: str, method: str, path: str) -> None:  # type: ignore[no-untyped-def]
    connection = connect()
    connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{authorization(token)}\r\n".encode())
    check_refused(connection, 404)


@pytest.mark.parametrize(
    "path", ["/%68ealthz", "/v1/%6fbjects/{object}", "/v1%2fobjects/{object}", "/v1/objects%2F{object}"]
)
def test_a_path_has_one_spelling(connect, service, token: str, path: str) -> None:  # type: ignore[no-untyped-def]
    """Whoever guards a path in front of the service guards it as it is written; escapes led around that."""
    body = b"an object"
    objects.put(open_store(service.address), Pool("home", SPACE), body, publication="0" * 16)
    connection = connect()
    asked = path.format(object=sha256_hex(body))
    connection.sendall(f"GET {asked} HTTP/1.1\r\nHost: x\r\n{authorization(token)}\r\n".encode())
    check_refused(connection, 404)


def test_a_query_may_have_escapes(service, token: str) -> None:  # type: ignore[no-untyped-def]
    url = f"{service.url}/v1/spaces/{SPACE}/releases?limit=%31"
    assert requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code == 200


def test_no_request_of_this_module_was_a_bug(service) -> None:  # type: ignore[no-untyped-def]
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert [line for line in lines if line.get("status", 0) == 500 or "traceback" in line] == []


# A store that fails under the service


def prepare(folder: Path, bundle: TrainingBundle) -> str:
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert bundle.directory is not None
    register_bundle(store, bundle.directory)
    return f"dir:{folder / 'store'}"


def enrol(url: str) -> requests.Response:
    return requests.post(f"{url}/v1/devices", json={"code": "a-code-for-home"}, timeout=10)


def put_upload(url: str, token: str, body: bytes) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": UPLOAD_MEDIA_TYPE}
    return requests.put(f"{url}/v1/spaces/{SPACE}/uploads/{upload_id(body)}", data=body, headers=headers, timeout=10)


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def check_unavailable(answer: requests.Response, **said: str) -> None:
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, PROBLEM_MEDIA_TYPE)
    assert said.items() <= answer.json().items()
    assert int(answer.headers["Retry-After"]) > 0


def test_before_the_workers_first_start_enrolment_says_try_later(
    start_service: StartService, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    address = prepare(tmp_path, training_bundle)
    open_store(address).delete(keys.VERIFY)
    with start_service(tmp_path, FEDEX_STORE=address) as url:
        check_unavailable(enrol(url))
        assert requests.get(f"{url}/readyz", timeout=10).json()["enrolment"] is False
        open_store(address).put(keys.VERIFY, bytes(32))
        assert enrol(url).status_code == 201


def test_a_store_that_stops_is_said_and_forgotten_when_it_is_back(
    start_service: StartService, training_bundle: TrainingBundle, make_upload: MakeUpload, tmp_path: Path
) -> None:
    with start_service(tmp_path, FEDEX_STORE=prepare(tmp_path, training_bundle)) as url:
        token = enrol(url).json()["token"]
        assert put_upload(url, token, make_upload(["Ada"], names=["before"])).status_code == 201
        (tmp_path / "store").rename(tmp_path / "gone")
        check_unavailable(put_upload(url, token, make_upload(["Ada"], names=["while"])))
        (tmp_path / "gone").rename(tmp_path / "store")
        assert put_upload(url, token, make_upload(["Ada"], names=["while"])).status_code == 201


def test_a_full_disk_refuses_uploads_whole_and_takes_them_when_there_is_room(
    start_service: StartService, training_bundle: TrainingBundle, make_upload: MakeUpload, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        address = prepare(disk, training_bundle)
        with start_service(tmp_path, FEDEX_STORE=address) as url:
            token = enrol(url).json()["token"]
            body = make_upload(["Ada"])
            (disk / "filler").write_bytes(b"")
            fill(disk / "filler")
            check_unavailable(put_upload(url, token, body), got="none", expected="room")
            assert open_store(address).list(keys.INBOX) == []
            wait_until(lambda: requests.get(f"{url}/readyz", timeout=10).status_code == 503)
            check_unavailable(requests.get(f"{url}/readyz", timeout=10), got="none", expected="room")
            (disk / "filler").unlink()
            assert put_upload(url, token, body).status_code == 201
            wait_until(lambda: requests.get(f"{url}/readyz", timeout=10).ok)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("ab", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


def test_stopping_the_service_finishes_what_it_began(
    start_service: StartService, training_bundle: TrainingBundle, make_upload: MakeUpload, tmp_path: Path
) -> None:
    address = prepare(tmp_path, training_bundle)
    with start_service(tmp_path, FEDEX_STORE=address, FEDEX_STALL_S="10") as url:
        token = enrol(url).json()["token"]
        body = make_upload(["Ada"])
        headers = PUT.replace("0" * 64, upload_id(body)) + authorization(token) + f"Content-Length: {len(body)}\r\n\r\n"
        connection = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(connection)[0] == 200
        connection.sendall(headers.encode() + body[:50])
        log = tmp_path / "log"
        os.kill(int(re.search(r"Listening at: \S+ \((\d+)\)", log.read_text())[1]), signal.SIGTERM)  # type: ignore[index]
        wait_until(lambda: "Handling signal: term" in log.read_text())
        connection.sendall(body[50:])
        assert read_answer(connection)[0] == 201
        connection.close()
