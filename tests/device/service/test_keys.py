"""A device follows the keys of its service from the one that it pinned, and goes neither back nor astray."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Response, request

from contract.documents import encode_json
from contract.envelope import Envelope
from contract.invitation import Invitation, fingerprint
from contract.key_chain import KeyChain
from contract.problems import Problem
from device.advice import with_advice
from device.assembly import Device
from device.errors import EnrolmentError, Forged, KeyRefused, ProtocolViolation, SettingError, Untrusted
from device.feedback import give_feedback
from device.pull.updater import PullOutcome
from device.self_test import settle_self_test
from device.service.client import Client
from device.service.identity import Identity, find_identity, keep_identity, require_identity
from device.service.keys import follow, read_keys
from device.settings import Settings
from tests.contract.key_vectors import encode_chain, private_key, public_key
from tests.contract.key_vectors import link as golden_link
from tests.device.photos import draw_photo
from tests.device.serving import CODE, ISSUED, StubService, link, refuse, sign

VECTORS = json.loads((Path(__file__).parents[2] / "contract" / "golden" / "key-chains.json").read_bytes())
KEYS = "GET /v1/keys"
LABELS = ("Ada", "Ben", "Cleo", "Zoe")

Release = Callable[..., None]


@pytest.fixture
def release(service: StubService, tiny_models: Path) -> Release:
    """Publishes a head, signed with the key that the service has then."""

    def publish(serial: int) -> None:
        head = (tiny_models / "four.tflite").read_bytes()
        service.publish(head, serial=serial, labels=LABELS, issued=ISSUED, expires=ISSUED * 2)

    return publish


@pytest.fixture
def identity(device: Device) -> Identity:
    """The device is enrolled."""
    return device.enrol().identity


def kept(device: Device) -> Identity:
    return require_identity(device.settings.home)


def show(service: StubService, body: bytes) -> None:
    """Make the service tell other keys."""
    service.faults["/v1/keys"] = lambda: Response(body, mimetype="application/json")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_golden_chains_lead_where_they_say(service: StubService, vector: dict[str, object]) -> None:
    show(service, encode_json(vector["chain"]))  # type: ignore[arg-type]  # JSON as it was read
    known = bytes.fromhex(str(vector["known"]))
    identity = Identity(service.url, "d" * 16, "t" * 43, "family", known, first_key=public_key(0))
    client = Client(service.url)
    if "refused" in vector:
        with pytest.raises((KeyRefused, ProtocolViolation)):
            follow(identity, read_keys(client), release=Envelope.parse(sign(private_key(0), b"payload")))
        return
    chain = read_keys(client)
    reached = [follow(identity, chain, release=Envelope.parse(sign(private_key(n), b"payload"))).key for n in range(4)]
    assert [key.hex() for key in reached if key != known] == vector["later"]


def test_a_release_of_the_pinned_key_asks_for_no_keys(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    release(1)
    service.asked.clear()
    assert device.pull().outcome is PullOutcome.INSTALLED
    assert KEYS not in service.asked


@pytest.mark.parametrize("rotations", [1, 5])
def test_after_any_number_of_rotations_one_request_leads_to_the_key_of_the_release(
    device: Device, service: StubService, identity: Identity, release: Release, rotations: int
) -> None:
    release(1)
    device.pull()
    service.rotate(links=rotations)
    release(2)
    service.asked.clear()
    assert device.pull().serial == 2
    assert service.asked.count(KEYS) == 1
    assert kept(device) == replace(identity, key=service.public_key)
    release(3)
    device.pull()
    assert service.asked.count(KEYS) == 1


def test_a_program_that_runs_for_months_asks_for_keys_where_its_service_is_now(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    """It asked the address that the device had when the program began."""
    rounds = Device(replace(device.settings, url=None)).rounds()
    keep_identity(device.settings.home, replace(identity, url=service.url.replace("127.0.0.1", "localhost")))
    service.rotate()
    release(1)
    asked = list[str]()
    service.faults["/v1/keys"] = lambda: asked.append(request.host.partition(":")[0])
    assert rounds.pull().outcome is PullOutcome.INSTALLED
    assert asked == ["localhost"]


def test_feedback_that_waits_is_sent_after_a_rotation_and_once(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    """It was kept for the group of a key that no longer signed anything, and waited for ever."""
    for shade, seal in ((0, True), (1, False)):
        with device.recognizer() as recognizer, device.open_cache() as cache:
            id_ = recognizer.infer(draw_photo(0, shade=shade))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label="Ada", origin=device.origin(), now_ms=0)
            assert settle_self_test(cache, origin=device.origin(), make_tester=device.tester) is None
            assert not seal or device.outbox(cache, identity).seal() is not None
    service.rotate()
    release(1)
    device.pull()
    assert kept(device).origin == identity.origin
    assert device.push().samples == 2
    assert device.push().samples == 0


def test_while_a_rotation_is_under_way_a_device_takes_the_key_that_signed_and_no_later_one(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    service.rotate()
    release(1)
    signer = service.public_key
    service.rotate()
    assert device.pull().serial == 1
    assert kept(device).key == signer


def test_a_device_that_went_past_a_key_takes_nothing_that_it_signs(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    release(9)
    by_the_old_key = dict(service.releases)
    service.rotate()
    release(1)
    device.pull()
    service.releases = by_the_old_key
    with pytest.raises(Forged):
        device.pull()


def test_a_thief_of_an_old_key_leads_nobody_who_went_past_it(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    stolen = service.key
    service.rotate()
    release(1)
    device.pull()
    before, thief = kept(device), Ed25519PrivateKey.generate()
    fork = KeyChain((identity.key,)).extended(link(stolen, thief))
    show(service, fork.encode())
    service.key = thief
    release(9)
    with pytest.raises(KeyRefused, match="expected keys that lead on from") as refused:
        device.pull()
    assert str(refused.value).isprintable()
    assert kept(device) == before


def test_an_older_chain_takes_no_device_back(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    older = service.keys().encode()
    service.rotate()
    release(1)
    device.pull()
    before = kept(device)
    show(service, older)
    service.key = Ed25519PrivateKey.generate()
    release(2)
    with pytest.raises(KeyRefused):
        device.pull()
    assert kept(device) == before


def test_a_chain_that_begins_elsewhere_is_another_services(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    """Whoever put a key of theirs before the first would give the group another name."""
    before, following = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    chain = KeyChain((before.public_key().public_bytes_raw(),))
    show(service, chain.extended(link(before, service.key)).extended(link(service.key, following)).encode())
    service.key = following
    release(1)
    with pytest.raises(KeyRefused):
        device.pull()
    assert kept(device) == identity


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: Response(b"<h1>log in</h1>"), ProtocolViolation),
        (lambda: Response(b"{}", mimetype="application/json"), ProtocolViolation),
        (lambda: Response(b" " * (256 << 10) + b"{}", mimetype="application/json"), ProtocolViolation),
        (lambda: Response(encode_chain(0, golden_link(0, 2, signer=1)), mimetype="application/json"), KeyRefused),
        (lambda: refuse(Problem.UNKNOWN_PATH), Forged),
    ],
    ids=["a portal", "no chain", "too long", "not signed", "an older service"],
)
def test_whatever_is_told_instead_of_keys_the_pinned_one_stays(
    device: Device,
    service: StubService,
    identity: Identity,
    release: Release,
    answer: Callable[[], Response],
    error: type[Untrusted],
) -> None:
    service.key = Ed25519PrivateKey.generate()
    release(1)
    service.faults["/v1/keys"] = answer
    with pytest.raises(error):
        device.pull()
    assert kept(device) == identity
    assert device.heads.entries() == ()


def test_killed_before_the_new_key_is_kept_the_old_one_is_there_and_the_next_pull_goes_on(
    device: Device, service: StubService, identity: Identity, release: Release, environment: dict[str, str]
) -> None:
    service.rotate()
    release(1)
    program = """
import os
import device.service.keys
from device import Device, Settings
device.service.keys.keep_identity = lambda *_: os._exit(9)
Device(Settings.from_environment(os.environ)).pull()
"""
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert (done.returncode, kept(device)) == (9, identity)
    assert device.pull().serial == 1
    assert kept(device).key == service.public_key


# Enrolment


def enrol(device: Device, service: StubService, digits: str | None) -> Identity:
    return device.enroller().enrol(service.url, code=CODE, fingerprint=digits).identity


def test_a_service_without_the_key_of_the_fingerprint_is_sent_nothing(device: Device, service: StubService) -> None:
    with pytest.raises(KeyRefused, match="expected the key 0000-0000-") as refused:
        enrol(device, service, "0" * 32)
    assert "compare the key's fingerprint with its operator" in with_advice(refused.value)
    assert (service.asked, service.tokens) == ([KEYS], {None})
    assert find_identity(device.settings.home) is None


def test_a_fingerprint_of_the_key_or_of_one_before_it_lets_a_device_in(device: Device, service: StubService) -> None:
    """A code that was printed before a rotation is still good."""
    printed = fingerprint(service.public_key)
    service.rotate(links=2)
    identity = enrol(device, service, printed)
    assert (identity.key, identity.root) == (service.public_key, service.keys().keys[0])
    assert enrol(device, service, fingerprint(service.public_key)) == identity
    with pytest.raises(KeyRefused):
        enrol(device, service, "0" * 32)


@pytest.mark.parametrize("rotations", [0, 2])
def test_a_service_that_answers_another_key_than_it_told_is_not_pinned(
    device: Device, service: StubService, rotations: int
) -> None:
    """The keys are public: whoever stands in between can show them, and then answers its own."""
    service.rotate(links=rotations)
    digits, told = fingerprint(service.public_key), service.keys().encode()
    show(service, told)
    service.key = Ed25519PrivateKey.generate()
    for given in (digits, None):
        with pytest.raises(KeyRefused, match="expected one of the keys"):
            enrol(device, service, given)
    assert find_identity(device.settings.home) is None


def test_a_service_that_answers_a_key_before_that_of_the_fingerprint_is_not_pinned(
    device: Device, service: StubService
) -> None:
    """It may have been stolen; that is why there is another one."""
    stolen = service.key
    service.rotate()
    digits, told = fingerprint(service.public_key), service.keys().encode()
    show(service, told)
    service.key = stolen
    with pytest.raises(KeyRefused):
        enrol(device, service, digits)


def test_a_device_whose_token_counts_no_more_is_let_in_after_a_rotation_and_sends_no_code_to_a_fork(
    device: Device, service: StubService, identity: Identity
) -> None:
    service.token = "u" * 43
    first = service.keys().encode()
    service.rotate()
    show(service, KeyChain((public_key(0),)).encode())
    service.asked.clear()
    with pytest.raises(EnrolmentError, match="expected the pinned service"):
        device.enrol()
    assert "POST /v1/devices" not in service.asked
    service.faults.clear()
    after = device.enrol().identity
    assert (after.device, after.key, after.origin) == (identity.device, service.public_key, identity.origin)
    show(service, first)  # of before the rotation
    service.token = "v" * 43
    with pytest.raises(EnrolmentError):
        device.enrol()


def test_a_device_that_enrols_again_keeps_the_later_key(
    device: Device, service: StubService, identity: Identity, release: Release
) -> None:
    """A service gives out the key before its newest one while it signs anew what stands; a thief might, too."""
    before = service.key
    service.rotate()
    release(1)
    device.pull()
    told, newest = service.keys().encode(), service.public_key
    show(service, told)
    service.key, service.token = before, "u" * 43
    assert device.enrol().identity.key == newest
    assert device.enrol(again=True).identity.key == newest
    service.token = "v" * 43
    assert enrol(device, service, fingerprint(newest)).key == newest


def test_a_fingerprint_of_a_later_key_than_the_pinned_one_is_insisted_on(
    device: Device, service: StubService, identity: Identity
) -> None:
    before = service.key
    service.rotate()
    digits, told = fingerprint(service.public_key), service.keys().encode()
    show(service, told)
    service.key, service.token = before, "u" * 43
    with pytest.raises(KeyRefused):
        enrol(device, service, digits)
    assert kept(device) == identity


def test_a_later_key_whose_fingerprint_is_given_is_pinned_while_the_token_counts(
    device: Device, service: StubService, identity: Identity
) -> None:
    """The one before was stolen, so its operator told everybody; `enrol` said that all was well, and kept it."""
    first = fingerprint(service.public_key)
    service.rotate(links=2)
    after = enrol(device, service, fingerprint(service.public_key))
    assert after == kept(device) == replace(identity, key=service.public_key)
    assert "POST /v1/devices" not in service.asked[-2:]
    assert enrol(device, service, first) == after


def test_a_key_to_which_the_pinned_one_does_not_lead_is_not_pinned_for_its_fingerprint(
    device: Device, service: StubService, identity: Identity
) -> None:
    service.key = Ed25519PrivateKey.generate()
    with pytest.raises(EnrolmentError, match="expected the pinned service"):
        enrol(device, service, fingerprint(service.public_key))
    assert kept(device) == identity


def test_an_invitation_stands_in_place_of_address_code_and_fingerprint(
    environment: dict[str, str], service: StubService
) -> None:
    plain = {name: value for name, value in environment.items() if name not in ("FEDEX_URL", "FEDEX_ENROLMENT_CODE")}
    invited = Invitation(service.url, CODE, fingerprint(service.public_key)).encode()
    device = Device(Settings.from_environment(plain | {"FEDEX_INVITATION": invited}))
    assert device.enrol().identity.url == service.url
    assert CODE not in repr(device)
    other = Invitation(service.url, CODE, "0" * 32).encode()
    with pytest.raises(KeyRefused):
        Device(Settings.from_environment(plain | {"FEDEX_INVITATION": other})).enrol()


@pytest.mark.parametrize(
    ("name", "value"),
    [("FEDEX_INVITATION", "fedex://enrol?v=1&code=let-me-in"), ("FEDEX_KEY_FINGERPRINT", "6e34-0b9c")],
)
def test_a_setting_that_is_no_invitation_or_fingerprint_is_refused(
    environment: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(SettingError, match=f"{name}: expected ") as refused:
        Settings.from_environment(environment | {name: value})
    assert CODE not in str(refused.value)


def test_an_invitation_of_another_version_asks_for_an_update(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="of version 1: update this program for one of another, got") as refused:
        Settings.from_environment(environment | {"FEDEX_INVITATION": "fedex://enrol?v=2&code=let-me-in"})
    assert CODE not in str(refused.value)
