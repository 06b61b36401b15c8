"""The names that requests have in the service's log, and what tells them to people."""

import re
import socket

import pytest
from flask import Response, request

from contract.patterns import REQUEST_ID_PATTERN
from contract.problems import Problem
from device.errors import CutOff, ProtocolViolation, Refused, TryLater
from device.service.client import Client
from tests.device.raw import answering
from tests.device.serving import TOKEN, StubService, refuse

SPACE = "a" * 64
UPLOAD = "b" * 64


@pytest.fixture
def client(service: StubService) -> Client:
    return Client(service.url, token=TOKEN)


def names_in(error: BaseException) -> list[str]:
    return re.findall(r"\(request ([^)]*)\)", str(error))


def test_each_request_has_a_name_of_its_own_and_so_has_a_retry_of_an_upload(
    service: StubService, client: Client
) -> None:
    seen: list[str] = []
    service.faults["/v1"] = lambda: seen.append(request.headers["X-Request-Id"])
    for _ in range(2):
        client.upload(b"body", space=SPACE, upload=UPLOAD)
    assert len(set(seen)) == len(seen) == 2
    assert all(REQUEST_ID_PATTERN.fullmatch(name) for name in seen)


@pytest.mark.parametrize(
    ("problem", "kind"), [(Problem.UNAVAILABLE, TryLater), (Problem.MALFORMED, Refused)], ids=["later", "refused"]
)
def test_a_refusal_tells_the_name_that_the_request_had(
    service: StubService, client: Client, problem: Problem, kind: type[Exception]
) -> None:
    seen: list[str] = []

    def fault() -> Response:
        seen.append(request.headers["X-Request-Id"])
        return refuse(problem)

    service.faults["/v1"] = fault
    with pytest.raises(kind) as refused:
        client.upload(b"body", space=SPACE, upload=UPLOAD)
    assert names_in(refused.value) == seen


def test_the_name_that_a_proxy_gave_is_told_where_the_answer_has_it(service: StubService, client: Client) -> None:
    service.faults["/v1"] = lambda: refuse(Problem.UNAVAILABLE, {"X-Request-Id": "by-a-proxy.1"})
    with pytest.raises(TryLater) as refused:
        client.upload(b"body", space=SPACE, upload=UPLOAD)
    assert names_in(refused.value) == ["by-a-proxy.1"]


@pytest.mark.parametrize("name", ["two words", "x" * 65, "", "\x1b[31m"])
def test_a_name_that_is_none_is_not_shown(service: StubService, client: Client, name: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nX-Request-Id: {name}\r\nContent-Length: 0\r\n\r\n"
    with (
        answering(lambda connection: connection.sendall(answer.encode())) as url,
        pytest.raises(ProtocolViolation) as refused,
    ):
        Client(url, token=TOKEN).upload(b"body", space=SPACE, upload=UPLOAD)
    [told] = names_in(refused.value)
    assert re.fullmatch("[0-9a-f]{16}", told)


def test_a_request_that_was_cut_off_tells_its_name_as_the_service_may_have_it_in_its_log() -> None:
    with (
        answering(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as url,
        pytest.raises(CutOff) as cut_off,
    ):
        Client(url, token=TOKEN).upload(b"body", space=SPACE, upload=UPLOAD)
    assert len(names_in(cut_off.value)) == 1
