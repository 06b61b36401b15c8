"""Sixty-four connections that stall, with eight threads to serve them: a device that behaves gets through."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.files import sha256_hex
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id

STALLED = 64
WITHIN_S = 10
"""Far less than any of these clients would hold a thread, far more than a loaded machine needs."""

SPACE = "5" * 64
LARGE = bytes(9 << 20)
PUT = f"PUT /v1/spaces/{SPACE}/uploads/{'0' * 64} HTTP/1.1\r\nHost: x\r\nContent-Type: {UPLOAD_MEDIA_TYPE}\r\n"
ENROL = "POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

STRANGERS = {
    "nothing": "",
    "half a request line": "GET /healthz HT",
    "half a head": "PUT /v1/spaces/x HTTP/1.1\r\nHost: x\r\nA: ",
    "a short body": f"{PUT}Content-Length: 1000\r\n\r\nabc",
    "a long body": f"{PUT}Content-Length: 30000000\r\n\r\nabc",
    "chunks": f"{PUT}Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
    "a body too long": f"{PUT}Content-Length: 99999999\r\n\r\nabc",
    "a body where none is wanted": "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc",
    "an enrolment": f'{ENROL}Content-Length: 100\r\n\r\n{{"code":',
    "an enrolment with a long length": f'{ENROL}Content-Length: {"0" * 25}100\r\n\r\n{{"code":',
    "an enrolment with two lengths": f"{ENROL}Content-Length: 9999\r\nContent-Length: 100\r\n\r\n{{",
    "an enrolment with a length that is none": f"{ENROL}Content-Length: +100\r\n\r\n{{",
    "an enrolment with a length and chunks": f"{ENROL}Content-Length: 9999\r\nTransfer-Encoding: chunked\r\n\r\n9",
    "an enrolment in the identity's encoding": f"{ENROL}Transfer-Encoding: identity\r\n\r\n9\r\n{{",
    "an enrolment in chunks": f'{ENROL}Transfer-Encoding: chunked\r\n\r\n9\r\n{{"code":',
    "an enrolment that waits for its permission": f"{ENROL}Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
    "an enrolment too long": f"{ENROL}Content-Length: 100000\r\n\r\nabc",
    "all, but it does not close": "GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n",
}


@dataclass(frozen=True)
class Running:
    url: str
    token: str
    other_token: str

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=30)


@pytest.fixture(scope="module")
def service(
    start_service: Callable[..., AbstractContextManager[str]],
    training_bundle: TrainingBundle,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """A service as an operator starts it, but with two processes of four threads."""
    folder = tmp_path_factory.mktemp("stalled")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    store.put(keys.shared_object("home", sha256_hex(LARGE)), LARGE)
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    with start_service(folder, FEDEX_STORE=f"dir:{folder / 'store'}", FEDEX_STALL_S="20") as url:
        yield Running(url, enrol(url), enrol(url))


@pytest.fixture
def crowd(service: Running) -> Iterator[list[socket.socket]]:
    """Connections of the others, closed at the end."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(service.connect()) for _ in range(STALLED)]


def enrol(url: str) -> str:
    return str(requests.post(f"{url}/v1/devices", json={"code": "a-code-for-home"}, timeout=WITHIN_S).json()["token"])


def upload(service: Running, body: bytes) -> int:
    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": UPLOAD_MEDIA_TYPE}
    path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    return requests.put(service.url + path, data=body, headers=headers, timeout=WITHIN_S).status_code


@pytest.mark.parametrize("sent", list(STRANGERS))
def test_strangers_that_stall_do_not_stop_a_device(
    service: Running, crowd: list[socket.socket], make_upload: Callable[..., bytes], sent: str
) -> None:
    """A thread used to wait for each of them; with as many as there are threads, nobody else was served."""
    for each in crowd:
        each.sendall(STRANGERS[sent].encode())
    assert upload(service, make_upload(["Ada"], names=[sent])) == 201
    assert len(enrol(service.url)) > 40


def test_strangers_that_trickle_do_not_stop_a_device_and_are_cut_off(
    service: Running, crowd: list[socket.socket], make_upload: Callable[..., bytes]
) -> None:
    """The time for a head is a total: a byte now and then wins none."""
    with trickling(crowd):
        assert upload(service, make_upload(["Ada"], names=["trickle"])) == 201
        wait_until(lambda: all(is_closed(each) for each in crowd))


def test_a_device_that_stalls_does_not_stop_another_one(
    service: Running, crowd: list[socket.socket], make_upload: Callable[..., bytes]
) -> None:
    """One device has at most two threads of each process, the others of its connections are told to wait."""
    head = f"{PUT}Authorization: Bearer {service.other_token}\r\nContent-Length: 30000000\r\n\r\n"
    for each in crowd:
        each.sendall(head.encode() + b"abc")
    assert upload(service, make_upload(["Ada"], names=["a device that stalls"])) == 201
    answers = [each.recv(100) for each in crowd[:20] if is_readable(each)]
    assert all(answer.startswith(b"HTTP/1.1 429 ") for answer in answers)
    assert len(answers) >= 10


def test_a_device_that_reads_nothing_does_not_stop_another_one(
    service: Running, crowd: list[socket.socket], make_upload: Callable[..., bytes]
) -> None:
    """One that downloaded a head as slowly as it may, on sixteen connections, took every thread."""
    line = f"GET /v1/objects/{sha256_hex(LARGE)} HTTP/1.1\r\nHost: x\r\n"
    head = f"{line}Authorization: Bearer {service.other_token}\r\n\r\n"
    for each in crowd:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 10)
        each.sendall(head.encode())
    assert upload(service, make_upload(["Ada"], names=["a device that reads nothing"])) == 201
    answers = [each.recv(13) for each in crowd[:20] if is_readable(each)]
    assert answers.count(b"HTTP/1.1 429 ") >= 10
    assert b"HTTP/1.1 200 " in answers
    assert len(answers) == 20


def test_a_download_gives_its_turn_back_however_it_ends(service: Running) -> None:
    """Read to its end, broken off, not begun, or refused."""
    url = f"{service.url}/v1/objects/{sha256_hex(LARGE)}"
    headers = {"Authorization": f"Bearer {service.token}"}
    for _ in range(5):
        assert requests.get(url, headers=headers, timeout=WITHIN_S).content == LARGE
        with requests.get(url, headers=headers, timeout=WITHIN_S, stream=True) as broken_off:
            assert broken_off.status_code == 200
        wait_until(lambda: requests.get(url, headers=headers, timeout=WITHIN_S).status_code == 200)
        assert requests.head(url, headers=headers, timeout=WITHIN_S).headers["Content-Length"] == str(len(LARGE))
        assert requests.get(url, headers=headers | {"Range": "bytes=-0"}, timeout=WITHIN_S).status_code == 416


def test_a_large_upload_that_is_refused_can_read_why(service: Running) -> None:
    """Closed at once, its connection would be reset, and what was said lost. Nobody reads the body, though."""
    with service.connect() as connection:
        connection.sendall(f"{PUT}Content-Length: {20 << 20}\r\n\r\n".encode() + bytes(20 << 20))
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"Connection: close" in answer


@contextlib.contextmanager
def trickling(crowd: list[socket.socket]) -> Iterator[None]:
    """Each sends a byte of a head now and then."""
    stop = threading.Event()

    def trickle() -> None:
        for byte in b"GET /healthz HTTP/1.1\r\nA: " + b"a" * 10_000:
            for each in crowd:
                with contextlib.suppress(OSError):  # closed
                    each.sendall(bytes([byte]))
            if stop.wait(0.1):
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def is_readable(connection: socket.socket) -> bool:
    connection.settimeout(0.5)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.1)
