"""The service speaks https by itself where a certificate is set."""

import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.upload import upload_id
from device.errors import Unreachable
from device.service.client import Client
from tests.certificates import write_certificate
from tests.cloud.web.crowds import CROWD, is_cut_off, wait_until

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


@dataclass(frozen=True)
class Secured:
    """A service that speaks https, and what its devices trust."""

    url: str
    certificate: Path
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=30)


@pytest.fixture(scope="module")
def service(
    start_service: StartService, training_bundle: TrainingBundle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = write_certificate(folder)
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    settings = {
        "FEDEX_STORE": f"dir:{folder / 'store'}",
        "FEDEX_TLS_CERT": str(certificate),
        "FEDEX_TLS_KEY": str(key),
        "FEDEX_STALL_S": "2",
    }
    with start_service(folder, certificate=certificate, **settings) as url:
        yield Secured(url, certificate, folder / "log")


def enrolled(service: Secured) -> Client:
    code = "a-code-for-home"
    token = Client(service.url, ca_file=service.certificate).enrol(code).token
    return Client(service.url, token=token, ca_file=service.certificate)


@pytest.mark.parametrize("samples", [1, 250])
def test_an_upload_is_acknowledged_over_https(service: Secured, make_upload: MakeUpload, samples: int) -> None:
    body = make_upload([f"person {number}" for number in range(samples)])
    assert service.url.startswith("https://")
    enrolled(service).upload(body, space="5" * 64, upload=upload_id(body))


def test_clients_that_do_not_shake_hands_do_not_stop_a_device_and_are_cut_off(
    service: Secured, make_upload: MakeUpload
) -> None:
    """Those that say nothing, and those that stop in the middle."""
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(service.connect()) for _ in range(CROWD)]
        for each in crowd[::2]:
            each.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        body = make_upload(["Ada"], names=["beside silent ones"])
        enrolled(service).upload(body, space="5" * 64, upload=upload_id(body))
        wait_until(lambda: all(is_cut_off(each) for each in crowd))


def test_a_client_that_stalls_after_the_handshake_is_cut_off(service: Secured) -> None:
    context = ssl.create_default_context(cafile=str(service.certificate))
    with context.wrap_socket(service.connect(), server_hostname="127.0.0.1") as connection:
        connection.sendall(b"GET /healthz HT")
        assert connection.recv(100) == b""


def test_a_device_that_does_not_trust_the_certificate_says_so(service: Secured) -> None:
    with pytest.raises(Unreachable, match="its certificate is not trusted"):
        Client(service.url).enrol("a-code-for-home")


def test_http_to_the_port_of_https_is_cut_off(service: Secured) -> None:
    with service.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: is_cut_off(connection))


def test_nothing_of_all_this_was_a_bug(service: Secured) -> None:
    """Gevent prints what ends a greenlet; whoever breaks off a handshake must not fill the log with that."""
    assert "raceback" not in service.log.read_text()


# What is set wrongly is said at the start.


def serve_with(tmp_path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    settings = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_ENROLMENT": "a-code-for-home=home"}
    command = [sys.executable, "-m", "cloud.cli", "serve", "--bind", "127.0.0.1:0"]
    return subprocess.run(command, env=settings | environment, capture_output=True, text=True, timeout=60)


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    said = "fedex-cloud: FEDEX_TLS_CERT and FEDEX_TLS_KEY: expected both or neither, got one\n"
    assert serve_with(tmp_path, FEDEX_TLS_CERT=str(certificate)).stderr == said
    assert serve_with(tmp_path, FEDEX_TLS_KEY=str(key)).stderr == said


@pytest.mark.parametrize("key", ["missing", "another", "encrypted", "garbled"])
def test_a_key_that_cannot_be_used_is_one_line(tmp_path: Path, key: str) -> None:
    certificate, _ = write_certificate(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    _, other = write_certificate(tmp_path / "elsewhere")
    private = ec.generate_private_key(ec.SECP256R1())
    encryption = BestAvailableEncryption(b"a password")
    keys = {
        "another": other.read_bytes(),
        "encrypted": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption),
        "garbled": b"no key",
    }
    if key in keys:
        (tmp_path / "this.pem").write_bytes(keys[key])
    ended = serve_with(tmp_path, FEDEX_TLS_CERT=str(certificate), FEDEX_TLS_KEY=str(tmp_path / "this.pem"))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "expected a certificate and its unencrypted key, as PEM files" in ended.stderr
