"""`deploy/nginx.conf` in a real nginx: slow clients never reach the service, and one address cannot take everything."""

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from contract.proof import ProofKey
from contract.routes import JSON_MEDIA_TYPE, proof_path
from contract.upload import LIMITS, upload_id
from demo.running.ports import free_port
from device.errors import AnotherService, TryLater, Unexplained
from device.service.client import Client
from tests.cloud.conftest import HOME_CODE, SPACE
from tests.cloud.web.crowds import CROWD, ENROL, PUT, dripping, wait_until
from tests.conftest import missing
from tests.deploy.conftest import Deployment, Front, StartFront

CROWDS_ADDRESS, GUESSERS_ADDRESS, ANOTHER_ADDRESS = "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""Limits are for each address, and these are not the good client's."""
ADDRESS_LIMIT = 64
GUESSES_AT_ONCE = 11
"""The burst and the one that is allowed at that moment."""
GUESS_EVERY_S = 6.0
"""From then on."""

STALLED = {
    "no handshake": None,
    "half of its headers": "PUT /v1/spaces/x HTTP/1.1\r\nHost: x\r\nA: ",
    "a body that does not come": f"{PUT}Content-Length: 1000\r\n\r\nabc",
    "an enrolment that does not come": f'{ENROL}Content-Length: 100\r\n\r\n{{"code":',
}

MakeUpload = Callable[..., bytes]


def connect(front: Front, begin: str | None, *, address: str) -> socket.socket:
    """A connection of an address, which said the beginning of a request over TLS, or nothing at all."""
    connection = socket.create_connection(("127.0.0.1", front.port), timeout=30, source_address=(address, 0))
    if begin is None:
        return connection
    context = ssl.create_default_context(cafile=str(front.certificate))
    secured = context.wrap_socket(connection, server_hostname="127.0.0.1")
    secured.sendall(begin.encode())
    return secured


@contextlib.contextmanager
def crowd(front: Front, begin: str | None, *, count: int = CROWD) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as closed:
        yield [closed.enter_context(connect(front, begin, address=CROWDS_ADDRESS)) for _ in range(count)]


def client_of(front: Front, *, token: str | None = None, proof_key: ProofKey | None = None) -> Client:
    return Client(front.url, token=token, proof_key=proof_key, ca_file=front.certificate)


def check_served(deployment: Deployment, body: bytes) -> None:
    """Enrol as a new device, and upload: both are acknowledged."""
    token = client_of(deployment.front).enrol(HOME_CODE).token
    client_of(deployment.front, token=token).upload(body, space=SPACE, upload=upload_id(body))
    kept = deployment.store.list("inbox/")
    assert any(key.endswith(upload_id(body)) for key in kept)


@pytest.mark.parametrize("begin", STALLED.values(), ids=STALLED)
def test_beside_two_hundred_that_stall_a_device_enrols_and_uploads(
    deployment: Deployment, make_upload: MakeUpload, begin: str | None
) -> None:
    with crowd(deployment.front, begin):
        check_served(deployment, make_upload(["Ada"], names=[f"stalled {begin}"]))


def test_beside_two_hundred_that_drip_a_device_enrols_and_uploads(
    deployment: Deployment, make_upload: MakeUpload
) -> None:
    body = f"{PUT}Content-Length: 1000000\r\n\r\n"
    with crowd(deployment.front, body) as clients, dripping(clients):
        check_served(deployment, make_upload(["Ada"], names=["dripped"]))


def test_a_body_reaches_the_service_when_it_is_whole(start_front: StartFront) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service, start_front(service.getsockname()[1]) as front:
        service.settimeout(30)
        with connect(front, f"{PUT}Content-Length: 6\r\n\r\nabc", address="127.0.0.1") as slow:
            service.settimeout(1)
            with pytest.raises(TimeoutError):
                service.accept()
            slow.sendall(b"def")
            service.settimeout(30)
            connection, _ = service.accept()
            with connection:
                connection.settimeout(30)
                assert read_until(connection, b"\r\n\r\nabcdef").startswith(b"PUT /v1/spaces/")


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        block = connection.recv(1 << 16)
        assert block, received
        received += block
    return received


def test_of_one_address_more_than_a_bound_are_sent_away(deployment: Deployment) -> None:
    refused: dict[int, bytes] = {}
    with crowd(deployment.front, f"{PUT}Content-Length: 1000\r\n\r\nabc", count=ADDRESS_LIMIT + 20) as clients:
        wait_until(lambda: len(hear(clients, refused)) >= 20)
    assert len(refused) == 20
    assert all(answer.startswith(b"HTTP/1.1 429 ") and b"Retry-After: 10" in answer for answer in refused.values())


def hear(clients: Sequence[socket.socket], answers: dict[int, bytes]) -> dict[int, bytes]:
    """Add what was said to those that had no answer yet."""
    for number, each in enumerate(clients):
        each.settimeout(0.01)
        if number not in answers:
            with contextlib.suppress(TimeoutError):
                answers[number] = each.recv(4096)
    return answers


def client_from(address: str) -> requests.Session:
    session, adapter = requests.Session(), HTTPAdapter()
    adapter.init_poolmanager(1, 1, source_address=(address, 0))
    session.mount("https://", adapter)
    return session


def guess(front: Front, code: str, *, address: str) -> requests.Response:
    with client_from(address) as session:
        return session.post(f"{front.url}/v1/devices", json={"code": code}, verify=str(front.certificate), timeout=30)


def test_who_guesses_enrolment_codes_is_slowed_down_and_nobody_else(deployment: Deployment) -> None:
    began = time.monotonic()
    answers = [guess(deployment.front, f"guess-{number}", address=GUESSERS_ADDRESS) for number in range(20)]
    meanwhile = int((time.monotonic() - began) / GUESS_EVERY_S)
    statuses = [answer.status_code for answer in answers]
    assert statuses[:GUESSES_AT_ONCE] == [403] * GUESSES_AT_ONCE
    assert statuses.count(429) >= 20 - GUESSES_AT_ONCE - meanwhile
    assert client_of(deployment.front).enrol(HOME_CODE).group == "home"


def test_the_service_learns_from_it_whose_request_it_is_whatever_the_client_says(deployment: Deployment) -> None:
    with client_from(ANOTHER_ADDRESS) as session:
        headers = {"X-Forwarded-For": "192.0.2.1", "X-Request-Id": "behind-nginx"}
        url, certificate = f"{deployment.front.url}/healthz", str(deployment.front.certificate)
        assert (
            session.get(url, headers=headers, verify=certificate, timeout=30).headers["X-Request-Id"] == "behind-nginx"
        )
    lines = [json.loads(line) for line in deployment.service_log.read_text().splitlines()]
    assert [line["address"] for line in lines if line.get("request") == "behind-nginx"] == [ANOTHER_ADDRESS]


def test_a_device_that_is_sent_away_is_told_when_to_come_back(deployment: Deployment, start_front: StartFront) -> None:
    with start_front(deployment.service_port) as front:
        client = client_of(front)
        with pytest.raises(TryLater) as caught:
            for _ in range(40):
                client.enrol(HOME_CODE)
        assert caught.value.retry_after_s == 10


def test_a_service_behind_it_proves_itself_as_often_as_it_is_asked(deployment: Deployment) -> None:
    """A hundred devices of one household or office, of one address, may find a new address at once."""
    reply = client_of(deployment.front).enrol(HOME_CODE)
    key, others = ProofKey.of(reply.token, device=reply.device), ProofKey.of("o" * 43, device=reply.device)
    for _ in range(100):
        with contextlib.closing(client_of(deployment.front, token=reply.token, proof_key=key)) as client:
            assert client.is_known()
    with pytest.raises(AnotherService, match="got one that cannot prove that it knows its token"):
        client_of(deployment.front, token=reply.token, proof_key=others).is_known()


def test_a_request_for_a_proof_that_is_too_large_does_not_reach_the_service(deployment: Deployment) -> None:
    url, certificate = deployment.front.url + proof_path("d" * 16), str(deployment.front.certificate)
    headers = {"Content-Type": JSON_MEDIA_TYPE}
    answer = requests.post(url, data=bytes(5_000), headers=headers, verify=certificate, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "text/html")


def test_an_upload_that_is_too_large_is_no_refusal_of_the_service(deployment: Deployment) -> None:
    """The device splits it, whoever said 413; a refusal of the service's own would say more."""
    token = client_of(deployment.front).enrol(HOME_CODE).token
    body = bytes(LIMITS.max_bytes + 1)
    with pytest.raises(Unexplained) as caught:
        client_of(deployment.front, token=token).upload(body, space=SPACE, upload=upload_id(body))
    assert caught.value.status == 413


def test_a_service_that_is_down_is_tried_again_later(start_front: StartFront) -> None:
    with start_front(free_port()) as front, pytest.raises(TryLater):
        client_of(front).enrol(HOME_CODE)


def test_a_path_keeps_its_spelling_on_the_way(deployment: Deployment) -> None:
    """The service refuses every spelling but one, and must see the one that was sent."""
    with connect(deployment.front, "GET /v1/../healthz HTTP/1.1\r\nHost: x\r\n\r\n", address="127.0.0.1") as asking:
        assert asking.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 404")
    with connect(deployment.front, "GET /%68ealthz HTTP/1.1\r\nHost: x\r\n\r\n", address="127.0.0.1") as asking:
        assert asking.recv(12) == b"HTTP/1.1 404"


def test_what_the_service_says_of_itself_is_passed_on(deployment: Deployment) -> None:
    answer = requests.get(f"{deployment.front.url}/readyz", verify=str(deployment.front.certificate), timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert "nginx/" not in answer.headers.get("Server", "")


@pytest.mark.parametrize("http", ["--http1.1", "--http2"])
def test_a_client_that_waits_for_its_permission_to_send_a_body_gets_one_answer(
    deployment: Deployment, tmp_path: Path, http: str
) -> None:
    """Over HTTP/2 nginx gave none, so that java.net.http could never enrol; it is not offered any more."""
    found = shutil.which("curl") or missing("curl")
    (tmp_path / "body").write_text(json.dumps({"code": HOME_CODE}))
    command = [found, "-sS", http, "--noproxy", "*", "--cacert", str(deployment.front.certificate), "-m", "40"]
    command += ["-HExpect: 100-continue", "--expect100-timeout", "60", "-HContent-Type: application/json"]
    command += ["--data-binary", f"@{tmp_path / 'body'}", "-w", "\n%{http_code}", f"{deployment.front.url}/v1/devices"]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stdout.endswith(b"\n201"), (done.stdout, done.stderr)
