"""Under real gunicorn, over both stores: keys are told to everybody, and a device gets another token."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from contract.key_chain import KeyChain
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.routes import KEYS, TOKEN, EnrolmentReply, EnrolmentRequest, TokenReply, object_path
from tests.cloud.conftest import HOME_CODE, VERIFY_KEY, RunningService

Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def ask(service: RunningService) -> Iterator[Ask]:
    """Asks for a path, with a token or without."""
    with requests.Session() as session:

        def send(
            method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
        ) -> requests.Response:
            sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
            return session.request(method, service.url + path, headers=sent, timeout=20, **more)

        yield send


def enrol(ask: Ask, secret: bytes) -> EnrolmentReply:
    body = EnrolmentRequest(HOME_CODE, secret).encode()
    answer = ask("POST", "/v1/devices", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    return EnrolmentReply.parse(answer.content)


def counts(ask: Ask, token: str) -> bool:
    """Whether a token counts in whichever process answers: 404 for an object that nobody has, or 401."""
    status = ask("GET", object_path("0" * 64), token=token, headers={"Connection": "close"}).status_code
    assert status in (401, 404)
    return status == 404


def test_the_keys_are_told_without_a_token_and_once(ask: Ask) -> None:
    answer = ask("GET", KEYS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert KeyChain.parse(answer.content) == KeyChain((VERIFY_KEY,))
    assert answer.headers["Cache-Control"] == "no-cache"
    again = ask("GET", KEYS, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("method", "path"), [("POST", KEYS), ("GET", TOKEN)])
def test_another_method_is_not_allowed(ask: Ask, method: str, path: str) -> None:
    answer = ask(method, path)
    assert answer.status_code == 405
    assert ProblemDocument.parse(answer.content).problem is Problem.METHOD_NOT_ALLOWED


def test_a_device_that_enrols_again_with_its_secret_keeps_its_id(ask: Ask) -> None:
    first, again = enrol(ask, b"1" * 32), enrol(ask, b"1" * 32)
    assert first.device == again.device
    assert counts(ask, first.token)
    assert all(counts(ask, again.token) for _ in range(8))


def test_a_device_gets_another_token_and_has_both_until_it_uses_it(ask: Ask) -> None:
    old = enrol(ask, b"2" * 32).token
    answer = ask("POST", TOKEN, token=old)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    new = TokenReply.parse(answer.content).token
    assert all(counts(ask, old) for _ in range(8))
    assert all(counts(ask, new) for _ in range(8))
    last = TokenReply.parse(ask("POST", TOKEN, token=new, data=b"whatever").content).token
    assert counts(ask, last)


@pytest.mark.parametrize("token", [None, "0123456789abcdef.0123456789abcdef"])
def test_without_a_token_that_counts_there_is_no_other_one(ask: Ask, token: str | None) -> None:
    answer = ask("POST", TOKEN, token=token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM_MEDIA_TYPE)


def test_neither_tokens_nor_secrets_are_in_the_log(ask: Ask, service: RunningService) -> None:
    first = enrol(ask, b"3" * 32)
    new = TokenReply.parse(ask("POST", TOKEN, token=first.token).content).token
    log = service.log.read_text()
    assert all(token.partition(".")[2] not in log for token in (first.token, new))
    assert "MzMzMzMz" not in log  # base64 of the secret
