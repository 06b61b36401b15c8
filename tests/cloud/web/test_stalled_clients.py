"""Two hundred connections that stall or drip, and no proxy in front: a device that behaves gets through."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.identity.limits import MAX_AT_ONCE
from cloud.releases import objects
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.files import sha256_hex
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.web.crowds import CROWD, ENROL, PUT, SPACE, authorization, dripping, is_cut_off, statuses, wait_until

WITHIN_S = 10
"""Less than any of the crowd is waited for, far more than a loaded machine needs."""
LARGE = bytes(9 << 20)

STRANGERS = {
    "nothing": "",
    "half a request line": "GET /healthz HT",
    "half of its headers": "PUT /v1/spaces/x HTTP/1.1\r\nHost: x\r\nA: ",
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

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]
OpenCrowd = Callable[["Running"], list[socket.socket]]


@dataclass(frozen=True)
class Running:
    """A service, and two devices of it."""

    url: str
    store: ObjectStore
    log: Path
    token: str
    other_token: str

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=30)


@contextlib.contextmanager
def running(start: StartService, folder: Path, bundle: TrainingBundle, *, stall_s: str) -> Iterator[Running]:
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    objects.put(store, Pool("home", SPACE), LARGE, publication="0" * 16)
    assert bundle.directory is not None
    register_bundle(store, bundle.directory)
    with start(folder, FEDEX_STORE=f"dir:{folder / 'store'}", FEDEX_STALL_S=stall_s) as url:
        yield Running(url, store, folder / "log", enrol(url), enrol(url))


@pytest.fixture(scope="module")
def service(
    start_service: StartService, training_bundle: TrainingBundle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service as an operator starts it."""
    with running(start_service, tmp_path_factory.mktemp("stalled"), training_bundle, stall_s="20") as service:
        yield service


@pytest.fixture(scope="module")
def impatient(
    start_service: StartService, training_bundle: TrainingBundle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service that gives up soon."""
    with running(start_service, tmp_path_factory.mktemp("impatient"), training_bundle, stall_s="2") as service:
        yield service


@pytest.fixture
def crowd_of() -> Iterator[OpenCrowd]:
    """Opens the connections of all the others, closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda service: [stack.enter_context(service.connect()) for _ in range(CROWD)]


def enrol(url: str) -> str:
    return str(requests.post(f"{url}/v1/devices", json={"code": "a-code-for-home"}, timeout=WITHIN_S).json()["token"])


def upload(service: Running, body: bytes) -> int:
    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": UPLOAD_MEDIA_TYPE}
    path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    return requests.put(service.url + path, data=body, headers=headers, timeout=WITHIN_S).status_code


def download(token: str) -> bytes:
    return f"GET /v1/objects/{sha256_hex(LARGE)} HTTP/1.1\r\nHost: x\r\n{authorization(token)}\r\n".encode()


@pytest.mark.parametrize("sent", list(STRANGERS))
def test_strangers_that_stall_do_not_stop_a_device(
    service: Running, crowd_of: OpenCrowd, make_upload: MakeUpload, sent: str
) -> None:
    for each in crowd_of(service):
        each.sendall(STRANGERS[sent].encode())
    assert upload(service, make_upload(["Ada"], names=[sent])) == 201
    assert len(enrol(service.url)) > 40


@pytest.mark.parametrize("sent", ["half a request line", "a long body", "an enrolment"])
def test_strangers_that_drip_do_not_stop_a_device_and_are_cut_off(
    impatient: Running, crowd_of: OpenCrowd, make_upload: MakeUpload, sent: str
) -> None:
    """What they are waited for is a total: a byte now and then wins them no time."""
    crowd = crowd_of(impatient)
    for each in crowd:
        each.sendall(STRANGERS[sent].encode())
    with dripping(crowd):
        assert upload(impatient, make_upload(["Ada"], names=[f"dripping {sent}"])) == 201
        wait_until(lambda: all(is_cut_off(each) for each in crowd))


def test_a_device_that_stalls_does_not_stop_another_one(
    service: Running, crowd_of: OpenCrowd, make_upload: MakeUpload
) -> None:
    """A device has at most two bodies under way, in whichever processes; its other connections are told to wait."""
    crowd = crowd_of(service)
    for each in crowd:
        each.sendall(f"{PUT}{authorization(service.other_token)}Content-Length: 30000000\r\n\r\nabc".encode())
    assert upload(service, make_upload(["Ada"], names=["a device that stalls"])) == 201
    wait_until(lambda: statuses(crowd).count(429) == CROWD - MAX_AT_ONCE)


def test_devices_that_stall_do_not_stop_another_one(
    service: Running, crowd_of: OpenCrowd, make_upload: MakeUpload
) -> None:
    for each in crowd_of(service):
        each.sendall(f"{PUT}{authorization(enrol(service.url))}Content-Length: 30000000\r\n\r\nabc".encode())
    assert upload(service, make_upload(["Ada"], names=["devices that stall"])) == 201


def test_a_device_that_reads_nothing_does_not_stop_another_one(
    service: Running, crowd_of: OpenCrowd, make_upload: MakeUpload
) -> None:
    """One that downloaded a head as slowly as it may, on sixteen connections, took every thread there was."""
    crowd = crowd_of(service)
    for each in crowd:
        each.sendall(download(service.other_token))
    assert upload(service, make_upload(["Ada"], names=["a device that reads nothing"])) == 201
    wait_until(lambda: statuses(crowd).count(429) == CROWD - MAX_AT_ONCE)
    assert 200 in statuses(crowd)


def test_a_download_that_nobody_reads_is_cut_off(impatient: Running, crowd_of: OpenCrowd) -> None:
    """The kernel ends its connection, and it is one of its device's bodies no more."""
    for each in crowd_of(impatient):
        each.sendall(download(impatient.other_token))
    wait_until(lambda: impatient.log.read_text().count("a client that took nothing of an answer") >= 2)
    url = f"{impatient.url}/v1/objects/{sha256_hex(LARGE)}"
    headers = {"Authorization": f"Bearer {impatient.other_token}"}
    wait_until(lambda: requests.get(url, headers=headers, timeout=WITHIN_S).status_code == 200)


def test_a_download_is_counted_until_it_ends_however_it_ends(service: Running) -> None:
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
        assert requests.get(url, headers=headers | {"If-None-Match": "*"}, timeout=WITHIN_S).status_code == 304


def test_a_download_whose_store_fails_is_cut_off(service: Running) -> None:
    """Its length was said already; the client goes on from where it was cut off."""
    body = bytes(64 << 20)
    key = keys.object_copy(Pool("home", SPACE), sha256_hex(body), "0" * 16)
    service.store.put(key, body)
    headers = {"Authorization": f"Bearer {service.token}"}
    url = f"{service.url}/v1/objects/{sha256_hex(body)}"
    with requests.get(url, headers=headers, timeout=WITHIN_S, stream=True) as answer:
        service.store.delete(key)
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
            assert len(answer.content) < len(body)
    wait_until(lambda: "cut off in the middle" in service.log.read_text())


def test_a_large_upload_that_is_refused_can_read_why(service: Running) -> None:
    """Closed at once, its connection would be reset, and the answer lost."""
    with service.connect() as connection:
        connection.sendall(f"{PUT}Content-Length: {20 << 20}\r\n\r\n".encode() + bytes(20 << 20))
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_nothing_of_all_this_was_a_bug(service: Running, impatient: Running) -> None:
    assert "raceback" not in service.log.read_text() + impatient.log.read_text()
