"""The service behind TLS, with a certificate that only FEDEX_CA_FILE names."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from contract.envelope import ENVELOPE_MEDIA_TYPE
from device.errors import Unreachable
from device.service.client import Client
from tests.device import raw
from tests.device.serving import TOKEN

DAY = datetime.timedelta(days=1)
HEADERS = f"HTTP/1.1 200 OK\r\nContent-Type: {ENVELOPE_MEDIA_TYPE}\r\n".encode()


def write_certificate(folder: Path) -> Path:
    """Write a key and a certificate of 127.0.0.1 that it signed itself, into one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - DAY, now + DAY)
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    key_bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key_bytes + certificate.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@contextmanager
def answering(certificate: Path, answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve until the block ends, one connection at a time, one answer on each."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):  # the listener was shut down
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(65536)
                        answer(secured)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def answer_well(connection: socket.socket) -> None:
    connection.sendall(HEADERS + b"Content-Length: 2\r\n\r\n{}")


def drip(connection: socket.socket) -> None:
    connection.sendall(HEADERS)
    while True:
        connection.sendall(b"X")
        time.sleep(0.1)


def ask(url: str, certificate: Path | None, *, timeout_s: float = 20) -> bytes:
    client = Client(url, token=TOKEN, ca_file=certificate, timeout_s=timeout_s)
    client._session.trust_env = True  # as for every machine but this one
    answer = client.release(space="a" * 64, channel="best", etag="")
    client.close()
    assert answer is not None
    return answer.envelope


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_the_certificates_that_the_settings_name_count_whatever_the_environment_names(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE, which many companies set, won over FEDEX_CA_FILE."""
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(write_certificate(tmp_path / "other")))
    with answering(certificate, answer_well) as url:
        assert ask(url, certificate) == b"{}"


def test_a_certificate_that_nobody_vouches_for_is_refused_by_its_name(certificate: Path) -> None:
    """It read "[SSL: CERTIFICATE_VERIFY_FAILED] ... (_ssl.c:1006)": the library's text, of no use to people."""
    with (
        answering(certificate, answer_well) as url,
        pytest.raises(Unreachable, match="certificate is not trusted: sel"),
    ):
        ask(url, None)


def answer_with_date(connection: socket.socket) -> None:
    connection.sendall(HEADERS + b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\n{}")


def test_what_a_service_says_of_the_time_counts_over_tls_alone(certificate: Path) -> None:
    """Over plain http anybody in between may say anything."""
    with answering(certificate, answer_with_date) as url:
        told = Client(url, token=TOKEN, ca_file=certificate).release(space="a" * 64, channel="best", etag="")
    with raw.answering(answer_with_date) as url:
        untold = Client(url, token=TOKEN).release(space="a" * 64, channel="best", etag="")
    assert told is not None
    assert untold is not None
    assert (told.date, untold.date) == (784_111_777, None)


def test_a_service_that_drips_behind_tls_is_unreachable_too(certificate: Path) -> None:
    with answering(certificate, drip) as url, pytest.raises(Unreachable, match="too little progress"):
        ask(url, certificate, timeout_s=1)
