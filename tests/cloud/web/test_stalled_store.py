"""A store that stands still: a MinIO that is stopped as by a debugger takes connections and answers nothing."""

import contextlib
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from demo.running.minio import Minio, MinioMissing, installed_minio, start_minio
from tests.cloud.web.crowds import SPACE, authorization, statuses, wait_until
from tests.conftest import missing

FILES = 512
"""That a web process may open, so that a crowd of some hundreds is more than it may have under way."""
CROWD = 700
HEALTH_WITHIN_S = 5.0
READY_WITHIN_S = 8.0
"""Its own bound is 2 s; the rest is for a machine with other work."""

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


@pytest.fixture
def own_minio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Minio]:
    """One that no other test uses."""
    try:
        installed_minio()
    except MinioMissing as error:
        missing(str(error))
    with start_minio(tmp_path / "minio") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@contextlib.contextmanager
def few_files() -> Iterator[None]:
    """What is started in the block may open few files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def standing_still(server: Minio) -> Iterator[None]:
    """The server answers nothing until the block ends."""
    address = server.endpoint.removeprefix("http://")
    [process] = [each for each in psutil.Process().children(recursive=True) if address in each.cmdline()]
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_health_is_answered_while_hundreds_wait_for_a_store_that_stands_still(
    own_minio: Minio,
    start_service: StartService,
    training_bundle: TrainingBundle,
    make_upload: MakeUpload,
    tmp_path: Path,
) -> None:
    """A device with 64 connections, and strangers with invented tokens, made the service look dead."""
    address = own_minio.store_url("stalled")
    store = open_store(address)
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    with contextlib.ExitStack() as stack:
        with few_files():
            url = stack.enter_context(start_service(tmp_path, FEDEX_STORE=address, FEDEX_STALL_S="20"))
        token = str(requests.post(f"{url}/v1/devices", json={"code": "a-code-for-home"}, timeout=10).json()["token"])
        bodies = [make_upload(["Ada"], names=[f"{number}"]) for number in range(64)]
        assert put_upload(url, token, bodies[0]).status_code == 201
        assert requests.get(f"{url}/readyz", timeout=10).status_code == 200
        with standing_still(own_minio):
            crowd = [stack.enter_context(connect(url)) for _ in range(len(bodies))]
            for connection, body in zip(crowd, bodies, strict=True):
                connection.sendall(upload_request(token, body))
            wait_until(lambda: 429 in statuses(crowd))  # of the process that knows the device
            check_health(url)
            strangers = [stack.enter_context(connect(url)) for _ in range(CROWD)]
            for number, connection in enumerate(strangers):
                connection.sendall(object_request(f"{number:032x}.{'s' * 43}"))
            wait_until(lambda: statuses(strangers).count(503) >= CROWD - FILES)
            check_health(url)
            wait_until(lambda: ready(url) == 503)
            check_health(url)
        wait_until(lambda: ready(url) == 200)
        wait_until(lambda: put_upload(url, token, bodies[-1]).status_code in (200, 201))
    log = (tmp_path / "log").read_text()
    assert "raceback" not in log
    assert "no connection to the endpoint" not in log  # it never ran out of files


def check_health(url: str) -> None:
    for _ in range(8):  # whichever process it is
        began = time.monotonic()
        assert requests.get(f"{url}/healthz", timeout=HEALTH_WITHIN_S).status_code == 200
        ready(url)
        assert time.monotonic() - began < HEALTH_WITHIN_S + READY_WITHIN_S


def ready(url: str) -> int:
    return requests.get(f"{url}/readyz", timeout=READY_WITHIN_S).status_code


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60)


def upload_request(token: str, body: bytes) -> bytes:
    head = (
        f"PUT /v1/spaces/{SPACE}/uploads/{upload_id(body)} HTTP/1.1\r\nHost: x\r\nContent-Type: {UPLOAD_MEDIA_TYPE}\r\n"
    )
    return f"{head}{authorization(token)}Content-Length: {len(body)}\r\n\r\n".encode() + body


def object_request(token: str) -> bytes:
    head = f"GET /v1/objects/{'0' * 64} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    return f"{head}{authorization(token)}\r\n".encode()


def put_upload(url: str, token: str, body: bytes) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": UPLOAD_MEDIA_TYPE}
    return requests.put(f"{url}/v1/spaces/{SPACE}/uploads/{upload_id(body)}", data=body, headers=headers, timeout=60)
