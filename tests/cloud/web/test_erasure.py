"""Under real gunicorn, over both stores: a device asks that its samples be erased."""

import json

import requests

from cloud.dataset import erasures
from cloud.dataset.scopes import DeviceScope
from cloud.identity import devices
from contract.problems import Problem, ProblemDocument
from contract.routes import SAMPLES, EnrolmentReply, ErasureReply
from tests.cloud.conftest import HOME_CODE, RunningService


def ask(service: RunningService, method: str, token: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, service.url + SAMPLES, headers=headers, timeout=20)


def enrol(service: RunningService) -> EnrolmentReply:
    answer = requests.post(f"{service.url}/v1/devices", json={"code": HOME_CODE}, timeout=20)
    return EnrolmentReply.parse(answer.content)


def test_the_wish_is_kept_and_what_was_sent_before_counts_no_more(service: RunningService) -> None:
    device = enrol(service)
    answer = ask(service, "DELETE", device.token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (202, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    kept = erasures.read(service.store, ErasureReply.parse(answer.content).erasure)
    assert kept is not None
    assert (kept.by, kept.scope) == (device.device, DeviceScope("home", device.device, 0))
    assert devices.read(service.store, device.device).generation == 1


def test_a_device_may_ask_again(service: RunningService) -> None:
    token = enrol(service).token
    first, again = (ErasureReply.parse(ask(service, "DELETE", token).content).erasure for _ in range(2))
    assert first != again


def test_only_an_enrolled_device_may_ask_and_by_this_method_alone(service: RunningService) -> None:
    assert ask(service, "DELETE", None).status_code == 401
    assert ask(service, "DELETE", f"{'f' * 32}.{'s' * 43}").status_code == 401
    answer = ask(service, "GET", enrol(service).token)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE")
    assert ProblemDocument.parse(answer.content).problem is Problem.METHOD_NOT_ALLOWED


def test_the_token_is_not_in_what_is_kept(service: RunningService) -> None:
    device = enrol(service)
    erasure = ErasureReply.parse(ask(service, "DELETE", device.token).content).erasure
    document = json.loads(service.store.get(f"erasures/{erasure}").body)
    assert device.token.partition(".")[2] not in json.dumps(document)
