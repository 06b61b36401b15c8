"""What the log says of a request: its name, which the answer has too, and whose it is."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from cloud.logs import request_id
from cloud.settings import Settings
from cloud.store import ObjectStore
from cloud.web.app import create_app
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import RunningService
from tests.cloud.web.crowds import SPACE, wait_until

MakeUpload = Callable[..., bytes]


def lines_of(service: RunningService, request: str) -> list[dict[str, object]]:
    """The lines of a request, once the last of them is there, which says how it ended."""
    found: list[dict[str, object]] = []

    def are_there() -> bool:
        found[:] = [line for line in service.lines() if line.get("request") == request]
        return any(line["message"] == "request" for line in found)

    wait_until(are_there)
    return found


def test_a_request_keeps_the_name_that_it_comes_with(service: RunningService) -> None:
    answer = requests.get(f"{service.url}/healthz", headers={"X-Request-Id": "my-call.1_2"}, timeout=10)
    assert answer.headers["X-Request-Id"] == "my-call.1_2"
    [line] = lines_of(service, "my-call.1_2")
    assert (line["message"], line["route"], line["address"]) == ("request", "/healthz", "127.0.0.1")


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, 'a"b', "\u00e9"])
def test_a_name_that_is_none_is_replaced(service: RunningService, name: str) -> None:
    headers = {"X-Request-Id": name.encode()}
    answers = [requests.get(f"{service.url}/healthz", headers=headers, timeout=10) for _ in range(2)]
    names = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in names)
    assert names[0] != names[1]


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/v1/%20", 404), ("/v1/spaces", 401)])
def test_what_is_refused_has_a_name_too(service: RunningService, path: str, status: int) -> None:
    answer = requests.get(f"{service.url}{path}", timeout=10)
    assert (answer.status_code, len(answer.headers["X-Request-Id"])) == (status, 16)
    assert lines_of(service, answer.headers["X-Request-Id"])[-1]["status"] == status


def test_a_proxy_on_this_machine_says_whose_request_it_is_and_clients_do_not(service: RunningService) -> None:
    headers = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7", "X-Request-Id": "behind-a-proxy"}
    requests.get(f"{service.url}/healthz", headers=headers, timeout=10)
    [line] = lines_of(service, "behind-a-proxy")
    assert line["address"] == "192.0.2.7"


def test_a_refusal_of_identity_names_the_client_and_not_the_proxy_in_the_audit_log(service: RunningService) -> None:
    headers = {"X-Forwarded-For": "192.0.2.77", "X-Request-Id": "a-guess"}
    answer = requests.post(f"{service.url}/v1/devices", json={"code": "not-a-code"}, headers=headers, timeout=10)
    assert answer.status_code == 403
    [line] = [line for line in lines_of(service, "a-guess") if line["logger"] == "fedex.audit"]
    assert (line["message"], line["by"]) == ("identity refused", "192.0.2.77")


def test_the_line_of_an_upload_names_it(service: RunningService, token: str, make_upload: MakeUpload) -> None:
    """So that whoever has the request finds the upload, and the merge and the shard that have it."""
    body = make_upload(["Ada"], names=["a request with a name"])
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": UPLOAD_MEDIA_TYPE,
        "X-Request-Id": "of-an-upload",
    }
    url = f"{service.url}/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    assert requests.put(url, data=body, headers=headers, timeout=10).status_code == 201
    [line] = lines_of(service, "of-an-upload")
    assert (line["upload"], line["device"]) == (upload_id(body), token.partition(".")[0])


def test_what_a_device_says_of_a_failure_leads_to_the_line_in_the_log(service: RunningService, tmp_path: Path) -> None:
    """A person reports what `fedex-device` printed; the operator looks for the name in it."""
    home = str(tmp_path / "device")
    settings = {"FEDEX_URL": service.url, "FEDEX_HOME": home, "FEDEX_ENROLMENT_CODE": "a-code-of-nobody"}
    command = [sys.executable, "-m", "device.cli", "enrol"]
    device = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"POST /v1/devices \(request ([0-9a-f]{16})\): 403", device.stderr)
    assert found, device.stderr
    refusal, line = lines_of(service, found[1])
    assert (refusal["logger"], refusal["message"]) == ("fedex.audit", "identity refused")
    assert (line["route"], line["status"]) == ("/v1/devices", 403)


def test_between_the_requests_of_a_connection_no_line_has_a_name(directory_store: ObjectStore) -> None:
    """What a server or a command logged after an answer was taken for a part of the request."""
    app = create_app(Settings(store="dir:unused"), store=directory_store)
    with app.test_client().get("/healthz", headers={"X-Request-Id": "one"}) as answer:
        assert (answer.headers["X-Request-Id"], request_id.get()) == ("one", "one")
    assert request_id.get() == ""
