"""The key is rotated and a device enrols again: it keeps its id, and its samples count once. All parts are real."""

import json
from pathlib import Path
from typing import Any

import pytest

from cloud.store import keys, open_store
from contract.invitation import fingerprint, parse_fingerprint
from demo.errors import DiedEarly
from demo.roles import Person
from demo.running.commands import command
from demo.running.processes import CALL_TIMEOUT_S
from demo.running.service import GROUP
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployment import RELEASE_TIMEOUT_S, TEST_TIMEOUT_S, Deployment, correct, uploads

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)


class Operator:
    """What whoever runs the service does by hand."""

    def __init__(self, service: Deployment, *, min_new: int) -> None:
        self.service = service
        self.environment = {
            **service.store,
            "FEDEX_ENROLMENT": f"{service.service.code}={GROUP}",
            "FEDEX_STATE": str(service.folder / "worker"),
            "FEDEX_MIN_NEW": str(min_new),
        }

    def run(self, *arguments: str) -> str:
        call = [command("fedex-cloud"), *arguments]
        return self.service.processes.call("operator", call, environment=self.environment, timeout_s=CALL_TIMEOUT_S)

    def rotate(self, *, times: int) -> None:
        """Stop the worker, rotate, start it, and wait until it has signed what stands."""
        self.service.processes.end("worker")
        for _ in range(times):
            self.run("keys", "rotate")
        self.service.processes.start("worker", [command("fedex-cloud"), "worker"], environment=self.environment)
        log = self.service.folder / "logs" / "worker.log"
        self.service.processes.wait_until(
            lambda: '"rotated"' in log.read_text(), what="a rotated key", timeout_s=RELEASE_TIMEOUT_S
        )


def identity_of(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "identity.json").read_bytes())
    return found


def test_a_device_goes_on_across_rotations_and_is_the_same_one_when_it_enrols_again(
    people: tuple[Person, ...], deploy: Deploy
) -> None:
    """Every device had pinned the key for good; and who enrolled again was another device: 3 and 3 samples were 6."""
    photos = uploads(people)
    service = deploy("freeze6", min_new=len(photos))
    operator = Operator(service, min_new=len(photos))
    described, link = operator.run("invite", "--url", service.service.url).splitlines()
    invited = {"FEDEX_INVITATION": link.strip()}
    device = service.device("device", **invited)
    device.enrol()
    correct(device, photos)
    device.push()
    service.wait_for_head(device)
    serial, before = device.pull(), identity_of(device.home)

    operator.rotate(times=2)
    assert device.pull() == serial + 1
    after = identity_of(device.home)
    store = open_store(service.store["FEDEX_STORE"])
    assert after["key"] != before["key"]
    assert {**after, "key": before["key"]} == before

    printed_before = service.device("of an old invitation", **invited)
    printed_before.enrol()
    assert printed_before.pull() == serial + 1
    assert identity_of(printed_before.home)["key"] == after["key"]
    digits = described.rpartition(" ")[2]
    assert parse_fingerprint(digits) != fingerprint(store.get(keys.VERIFY).body)
    stranger = service.device("stranger", FEDEX_KEY_FINGERPRINT="0" * 32)
    with pytest.raises(DiedEarly, match="expected the key 0000-"):
        stranger.enrol()

    (device.home / "identity.json").write_text(json.dumps({**after, "token": f"{before['device']}.{'0' * 43}"}))
    with pytest.raises(DiedEarly, match="401"):
        device.pull()
    device.enrol()
    again = identity_of(device.home)
    assert (again["device"], again["secret"]) == (before["device"], before["secret"])
    assert again["token"] not in (before["token"], after["token"])
    correct(device, photos)
    assert device.push().samples == len(photos)
    service.wait_until_nothing_waits()
    assert len(service.dataset()) == len(photos)
