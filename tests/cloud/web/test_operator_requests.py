"""Under real gunicorn, over both stores: operators ask for promotions and pins, and devices may not."""

from typing import Any

import pytest
import requests

from cloud.identity import operators
from cloud.releases import requests as kept
from cloud.releases.requests import Outcome, RequestKind, RequestState
from cloud.store.keys import Pool
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.routes import PIN, PROMOTION, REQUEST
from tests.cloud.conftest import SPACE, RunningService
from tests.cloud.web.test_http import publish

PROMOTE = PROMOTION.format(space=SPACE, serial=1)
PINNED = PIN.format(space=SPACE)


@pytest.fixture(scope="module")
def everywhere(service: RunningService) -> str:
    """The token of an operator of all groups; something was released to `office`."""
    publish(service.store, 1, None, "office")
    return operators.add(service.store, "ada", group=None, now=0)[1]


@pytest.fixture(scope="module")
def of_office(service: RunningService, everywhere: str) -> str:
    return operators.add(service.store, "ben", group="office", now=0)[1]


@pytest.fixture(scope="module")
def of_work(service: RunningService, everywhere: str) -> str:
    return operators.add(service.store, "cleo", group="work", now=0)[1]


def ask(service: RunningService, method: str, path: str, token: str | None, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, service.url + path, headers=headers, timeout=20, **more)


def refusal(answer: requests.Response) -> tuple[int, Problem]:
    assert answer.headers["Content-Type"] == PROBLEM_MEDIA_TYPE
    return answer.status_code, ProblemDocument.parse(answer.content).problem


def test_a_promotion_is_kept_for_the_worker_and_its_outcome_told(service: RunningService, everywhere: str) -> None:
    asked = {"channel": "best", "why": "was better", "group": "office", "pin": True}
    answer = ask(service, "POST", PROMOTE, everywhere, json=asked)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (202, "no-store")
    id_ = answer.json()["id"]
    request = kept.read(service.store, id_)
    assert (request.kind, request.pool, request.channel) == (RequestKind.PROMOTE, Pool("office", SPACE), "best")
    assert (request.serial, request.pin, request.decision.by, request.decision.why) == (1, True, "ada", "was better")
    path = REQUEST.format(request=id_)
    assert ask(service, "GET", path, everywhere).json()["state"] == "waits"
    kept.finish(service.store, id_, Outcome(request, RequestState.DONE, "best is 2"))
    told = ask(service, "GET", path, everywhere).json()
    assert (told["state"], told["said"]) == ("done", "best is 2")


def test_a_pin_and_its_end_are_kept_for_the_worker(service: RunningService, of_office: str) -> None:
    pin = ask(service, "PUT", PINNED, of_office, json={"serial": 3, "why": "an exam"})
    assert (pin.status_code, kept.read(service.store, pin.json()["id"]).serial) == (202, 3)
    unpin = ask(service, "DELETE", PINNED + "?why=the%20exam%20is%20over", of_office)
    assert unpin.status_code == 202
    request = kept.read(service.store, unpin.json()["id"])
    assert (request.kind, request.decision.why, request.decision.by) == (RequestKind.UNPIN, "the exam is over", "ben")


@pytest.mark.parametrize(("method", "path"), [("POST", PROMOTE), ("PUT", PINNED), ("DELETE", PINNED)])
def test_neither_a_device_nor_a_stranger_decides(
    service: RunningService, everywhere: str, token: str, method: str, path: str
) -> None:
    for other in (token, everywhere + "x", None):
        answer = ask(service, method, path, other, json={"channel": "best", "serial": 1, "why": "x", "group": "office"})
        assert refusal(answer) == (401, Problem.UNAUTHENTICATED)


def test_an_operator_of_one_group_decides_nothing_of_another_and_sees_nothing_of_it(
    service: RunningService, of_office: str, of_work: str
) -> None:
    asked = {"serial": 1, "why": "an exam", "group": "office"}
    assert refusal(ask(service, "PUT", PINNED, of_work, json=asked)) == (403, Problem.FORBIDDEN)
    id_ = ask(service, "PUT", PINNED, of_office, json=asked).json()["id"]
    path = REQUEST.format(request=id_)
    assert ask(service, "GET", path, of_office).status_code == 200
    assert refusal(ask(service, "GET", path, of_work)) == (404, Problem.NOT_FOUND)


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"serial": 1, "group": "office"}, (400, Problem.MALFORMED)),
        ({"serial": 1, "why": "x"}, (400, Problem.MALFORMED)),
        ({"serial": 1, "why": "a\nb", "group": "office"}, (422, Problem.IMPOSSIBLE)),
        ({"serial": 1, "why": " ", "group": "office"}, (422, Problem.IMPOSSIBLE)),
        ({"serial": 1, "why": "w" * 501, "group": "office"}, (413, Problem.TOO_LARGE)),
        ({"serial": 0, "why": "x", "group": "office"}, (422, Problem.IMPOSSIBLE)),
        ({"serial": 1, "why": "x", "group": "nobody"}, (404, Problem.NOT_FOUND)),
        ([1], (400, Problem.MALFORMED)),
    ],
)
def test_what_cannot_be_asked_is_refused(
    service: RunningService, everywhere: str, asked: object, refused: tuple[int, Problem]
) -> None:
    assert refusal(ask(service, "PUT", PINNED, everywhere, json=asked)) == refused


def test_other_paths_and_bodies_are_refused(service: RunningService, everywhere: str) -> None:
    for path in (PROMOTION.format(space=SPACE, serial="01"), REQUEST.format(request="x")):
        assert refusal(ask(service, "POST", path, everywhere)) == (404, Problem.UNKNOWN_PATH)
    missing = REQUEST.format(request="0" * 12 + "-" + "0" * 16)
    assert refusal(ask(service, "GET", missing, everywhere)) == (404, Problem.NOT_FOUND)
    unknown = PIN.format(space="0" * 64)
    asked = {"serial": 1, "why": "x", "group": "office"}
    assert refusal(ask(service, "PUT", unknown, everywhere, json=asked)) == (404, Problem.UNKNOWN_SPACE)
    answer = ask(service, "PUT", PINNED, everywhere, data=b"serial=1")
    assert refusal(answer) == (415, Problem.UNSUPPORTED_MEDIA_TYPE)
    assert refusal(ask(service, "POST", PROMOTE, everywhere, json={"why": "x", "group": "office"})) == (
        400,
        Problem.MALFORMED,
    )
