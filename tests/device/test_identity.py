import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device.assembly import Device
from device.client import Client
from device.enrolment import enrol
from device.errors import EnrolmentError, Refused, Storage
from device.identity import Identity, find_identity, identity_path, keep_identity, require_identity
from tests.device.service import CODE, TOKEN, Service


@pytest.fixture
def home(device: Device) -> Path:
    return device.settings.home


def enrol_at(service: Service, device: Device, *, again: bool = False, code: str = CODE) -> Identity:
    client = Client(service.url, timeout_s=1)
    return enrol(device.settings.home, client=client, url=service.url, code=code, heads=device.heads, again=again)


def test_enrolling_pins_the_key_and_keeps_the_identity_for_its_owner(
    device: Device, service: Service, home: Path
) -> None:
    identity = enrol_at(service, device)
    assert identity.key == service.public_key
    assert require_identity(home) == identity
    assert stat.S_IMODE(identity_path(home).stat().st_mode) == 0o600


def test_a_device_that_is_not_enrolled_is_told_so(home: Path) -> None:
    assert find_identity(home) is None
    with pytest.raises(EnrolmentError, match="expected an enrolled device, got none"):
        require_identity(home)


def test_enrolling_with_the_same_service_again_keeps_the_device(device: Device, service: Service, home: Path) -> None:
    first = enrol_at(service, device)
    keep_identity(home, Identity("http://old.example", first.device, first.token, first.group, first.key))
    assert enrol_at(service, device) == first


@pytest.mark.parametrize("change", ["key", "group"])
def test_another_service_or_group_is_refused_unless_again(
    device: Device, service: Service, home: Path, change: str
) -> None:
    before = enrol_at(service, device)
    setattr(service, change, Ed25519PrivateKey.generate() if change == "key" else "strangers")
    with pytest.raises(EnrolmentError, match="expected the pinned service"):
        enrol_at(service, device)
    assert require_identity(home) == before
    device.heads.directory.mkdir(parents=True)
    device.heads.pointer_path.write_bytes(b"{}")
    after = enrol_at(service, device, again=True)
    assert after.origin != before.origin
    assert require_identity(home) == after
    assert device.heads.entries() == ()


def test_a_wrong_code_changes_nothing(device: Device, service: Service, home: Path) -> None:
    before = enrol_at(service, device)
    with pytest.raises(Refused, match="403"):
        enrol_at(service, device, again=True, code="wrong")
    assert require_identity(home) == before


def test_an_identity_survives_writing_and_reading() -> None:
    identity = Identity("https://fedex.example.org", "d" * 16, TOKEN, "family", bytes(range(32)))
    assert Identity.parse(identity.encode()) == identity
    assert TOKEN not in repr(identity)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"token": "short"},
        {"token": 7},
        {"key": "AAAA"},
        {"group": "UPPER"},
        {"device": "x"},
        {"url": None},
    ],
    ids=str,
)
def test_a_garbled_identity_is_refused_without_repeating_the_token(home: Path, change: dict[str, object]) -> None:
    identity = Identity("https://fedex.example.org", "d" * 16, "s3cr3t" * 6, "family", bytes(32))
    home.mkdir()
    identity_path(home).write_text(json.dumps(json.loads(identity.encode()) | change))
    with pytest.raises(EnrolmentError, match=r"identity\.json: identity\.") as refused:
        find_identity(home)
    assert "s3cr3t" not in str(refused.value)


def test_a_folder_that_cannot_be_written_keeps_no_identity(device: Device) -> None:
    identity = Identity("https://fedex.example.org", "d" * 16, TOKEN, "family", bytes(32))
    with pytest.raises(Storage, match="/proc"):
        keep_identity(Path("/proc/fedex"), identity)
