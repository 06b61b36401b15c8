"""Under real gunicorn, over both stores: the service proves to a device that it keeps its token, and to nobody else."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from contract.documents import encode_base64, encode_json
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.proof import ProofKey, ProofReply, ProofRequest
from contract.routes import EnrolmentReply, proof_path
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import HOME_CODE, SPACE, WORK_CODE, MakeUpload, RunningService

JSON = {"Content-Type": "application/json"}
ASKED = ProofRequest(bytes(range(32)))
STALLED = 8
"""More than the bodies that a device may have under way, in each process."""

Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def ask(service: RunningService) -> Iterator[Ask]:
    """Asks for a proof to a device."""
    with requests.Session() as session:

        def send(device: str, *, method: str = "POST", **more: Any) -> requests.Response:
            sent = {"headers": JSON, "data": ASKED.encode(), **more}
            return session.request(method, service.url + proof_path(device), timeout=20, **sent)

        yield send


def enrol(service: RunningService, code: str) -> EnrolmentReply:
    answer = requests.post(f"{service.url}/v1/devices", json={"code": code}, timeout=20)
    return EnrolmentReply.parse(answer.content)


@pytest.fixture(scope="module")
def enrolled(service: RunningService) -> EnrolmentReply:
    """A device of group `home`."""
    return enrol(service, HOME_CODE)


def check_problem(answer: requests.Response, problem: Problem) -> ProblemDocument:
    document = ProblemDocument.parse(answer.content)
    assert (answer.status_code, answer.headers["Content-Type"]) == (problem.status, PROBLEM_MEDIA_TYPE)
    assert document.problem is problem
    return document


def test_the_service_proves_that_it_keeps_the_token_of_each_device(
    ask: Ask, service: RunningService, enrolled: EnrolmentReply
) -> None:
    for reply in (enrolled, enrol(service, WORK_CODE)):
        answer = ask(reply.device)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        key = ProofKey.of(reply.token, device=reply.device)
        assert key.accepts(ProofReply.parse(answer.content), request=ASKED)


def test_each_nonce_has_a_proof_of_its_own_whichever_process_makes_it(ask: Ask, enrolled: EnrolmentReply) -> None:
    answers = [ask(enrolled.device, headers=JSON | {"Connection": "close"}).content for _ in range(12)]
    assert len(set(answers)) == 1
    assert ask(enrolled.device, data=ProofRequest(bytes(32)).encode()).content != answers[0]


@pytest.mark.parametrize("authorization", ["Bearer wrong-token-of-somebody", "Basic eA==", "Bearer {token}"])
def test_no_token_is_asked_for_and_none_is_looked_at(ask: Ask, enrolled: EnrolmentReply, authorization: str) -> None:
    headers = JSON | {"Authorization": authorization.format(token=enrolled.token)}
    assert ask(enrolled.device, headers=headers).content == ask(enrolled.device).content


@pytest.mark.parametrize("device", ["0" * 32, "d-0123456789", "a" * 64])
def test_a_device_that_never_enrolled_is_not_found(ask: Ask, device: str) -> None:
    """Which ids there are nobody finds out by asking: they are random."""
    assert check_problem(ask(device), Problem.NOT_FOUND).where == "path.device"


@pytest.mark.parametrize("device", ["self", "UPPERCASE", "a" * 65, "-starts-so", "under_score"])
def test_what_is_no_id_of_a_device_is_another_path(ask: Ask, device: str) -> None:
    check_problem(ask(device), Problem.UNKNOWN_PATH)


@pytest.mark.parametrize("device", ["", "dddd%2fdddd", "{device}/", "{device}/.."])
def test_a_path_that_is_none_is_not_there(ask: Ask, enrolled: EnrolmentReply, device: str) -> None:
    check_problem(ask(device.format(device=enrolled.device)), Problem.UNKNOWN_PATH)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", Problem.MALFORMED),
        (b"{", Problem.MALFORMED),
        (b"[]", Problem.MALFORMED),
        (b"{}", Problem.MALFORMED),
        (b'{"nonce": 7}', Problem.MALFORMED),
        (b'{"nonce": null}', Problem.MALFORMED),
        (b'{"nonce": "not base64!"}', Problem.MALFORMED),
        (b'{"nonce": "AA==", "nonce": "AA=="}', Problem.MALFORMED),
        (b"\xff\xfe", Problem.MALFORMED),
        (b"[" * 4000, Problem.MALFORMED),
        (b'{"nonce": ""}', Problem.IMPOSSIBLE),
        (encode_json({"nonce": encode_base64(bytes(31))}), Problem.IMPOSSIBLE),
        (encode_json({"nonce": encode_base64(bytes(33))}), Problem.TOO_LARGE),
        (ASKED.encode() + b" " * 4096, Problem.TOO_LARGE),
    ],
)
def test_a_request_for_a_proof_that_is_none_is_refused(
    ask: Ask, enrolled: EnrolmentReply, body: bytes, problem: Problem
) -> None:
    check_problem(ask(enrolled.device, data=body), problem)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_request_that_is_said_to_be_something_else_is_refused(
    ask: Ask, enrolled: EnrolmentReply, media_type: str
) -> None:
    check_problem(ask(enrolled.device, headers={"Content-Type": media_type}), Problem.UNSUPPORTED_MEDIA_TYPE)


def test_a_request_in_chunks_is_refused(ask: Ask, enrolled: EnrolmentReply) -> None:
    check_problem(ask(enrolled.device, data=iter([ASKED.encode()])), Problem.LENGTH_REQUIRED)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_another_method_is_not_allowed(ask: Ask, enrolled: EnrolmentReply, method: str) -> None:
    answer = ask(enrolled.device, method=method, data=None)
    check_problem(answer, Problem.METHOD_NOT_ALLOWED)
    assert answer.headers["Allow"] == "POST"


def test_strangers_who_ask_for_proofs_and_stall_take_nothing_from_the_device(
    service: RunningService, enrolled: EnrolmentReply, make_upload: MakeUpload
) -> None:
    """Anybody may know its id; the two bodies that it may have under way are for its token."""
    begin = f"POST {proof_path(enrolled.device)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(STALLED):
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=20))
            stalled.sendall(f"{begin}Content-Length: 60\r\n\r\n{{".encode())
        body = make_upload(["Ada"], names=["beside proofs"])
        headers = {"Authorization": f"Bearer {enrolled.token}", "Content-Type": UPLOAD_MEDIA_TYPE}
        url = f"{service.url}/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
        assert requests.put(url, data=body, headers=headers, timeout=20).status_code == 201


def test_nothing_secret_of_a_proof_is_in_the_log(ask: Ask, service: RunningService, enrolled: EnrolmentReply) -> None:
    answer = ask(enrolled.device)
    key = ProofKey.of(enrolled.token, device=enrolled.device).key
    log = service.log.read_text()
    assert all(secret not in log for secret in (answer.json()["proof"], key.hex(), encode_base64(key), enrolled.token))
    asked = [line for line in service.lines() if line.get("route") == "/v1/devices/<device:device>/proof"]
    assert ("POST", 200) in [(line["method"], line["status"]) for line in asked]
