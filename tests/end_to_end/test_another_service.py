"""FEDEX_URL is changed to the address of another service, or to another one of the same service. All parts are real."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import ObjectStore, open_store
from demo.errors import DiedEarly
from demo.roles import Person
from demo.running.devices import DemoDevice
from tests.cloud.conftest import serve
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployment import NEVER, TEST_TIMEOUT_S, Deployment, correct, uploads
from tests.end_to_end.wire import tapped

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
SAMPLES = 3
ASKS: tuple[Callable[[DemoDevice], object], ...] = (DemoDevice.push, DemoDevice.pull, DemoDevice.enrol)


@pytest.fixture
def service(deploy: Deploy, people: tuple[Person, ...]) -> Deployment:
    """A service with one device, `device`, which has feedback to send."""
    service = deploy("freeze6", min_new=NEVER)
    device = service.device("device")
    device.enrol()
    correct(device, uploads(people)[:SAMPLES])
    return service


@pytest.fixture
def others_store(tmp_path: Path) -> ObjectStore:
    """What another service keeps."""
    (tmp_path / "other").mkdir()
    store = open_store(f"dir:{tmp_path / 'other' / 'store'}")
    store.prepare()
    return store


def identity_of(service: Deployment) -> dict[str, str]:
    found: dict[str, str] = json.loads((service.folder / "device" / "identity.json").read_bytes())
    return found


@pytest.mark.parametrize("has_a_device_of_this_id", [False, True])
def test_another_service_hears_nothing_but_who_asks_it_to_prove_itself(
    service: Deployment, others_store: ObjectStore, tmp_path: Path, has_a_device_of_this_id: bool
) -> None:
    identity = identity_of(service)
    if has_a_device_of_this_id:
        devices.add(others_store, EnrolledDevice(identity["device"], "home", 0, "0" * 64, 0))
    got = "cannot prove that it knows its token" if has_a_device_of_this_id else "does not know this device"
    with (
        serve(tmp_path / "other", FEDEX_STORE=f"dir:{tmp_path / 'other' / 'store'}") as url,
        tapped("127.0.0.1", int(url.rpartition(":")[2])) as wire,
    ):
        moved = service.device("device", url=wire.url)
        for ask in ASKS:
            with pytest.raises(DiedEarly, match=rf"enrolled with, got one that {got} \(is FEDEX_URL the new address"):
                ask(moved)
        sent = bytes(wire.sent)
    assert re.findall(rb"([A-Z]+ /\S+) HTTP", sent) == [f"POST /v1/devices/{identity['device']}/proof".encode()] * len(
        ASKS
    )
    assert identity["token"].partition(".")[2].encode() not in sent
    assert service.service.code.encode() not in sent
    assert identity_of(service) == identity
    assert service.device("device").push().samples == SAMPLES


def test_the_same_service_is_found_at_another_address(service: Deployment) -> None:
    """What stands in between only hands on, as a proxy of the operator's does; a proof cannot tell a spy from it."""
    with tapped("127.0.0.1", service.service.port) as wire:
        moved = service.device("device", url=wire.url)
        assert moved.push().samples == SAMPLES
        assert re.findall(rb"HTTP/1\.1 (\d+) ", bytes(wire.replied)) == [b"200", b"201"]
        moved.enrol()
        assert identity_of(service)["url"] == wire.url
        begin = len(wire.sent)
        moved.pull()
        assert b"/proof" not in wire.sent[begin:]
