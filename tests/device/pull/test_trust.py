"""The judge of releases: bytes in, a manifest or a typed error out."""

import base64
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.bundle import DeviceBundle
from contract.manifest import MAX_ENVELOPE_BYTES, Channel, Manifest
from contract.validity import GRACE_S
from device.advice import advice
from device.errors import ClockAhead, Expired, Forged, Misplaced, ProtocolViolation, Replayed, Untrusted
from device.pull.trust import Expectation, check_validity, judge_release
from tests.device.serving import EXPIRES, ISSUED, StubService, sign

LABELS = ("Ada", "Ben", "Cleo")


@pytest.fixture
def signer(bundle_folder: Path) -> StubService:
    """A service that only signs."""
    return StubService(bundle_folder)


@pytest.fixture
def manifest(signer: StubService) -> Manifest:
    """A release that is right in every way, with serial 5."""
    return signer.manifest(b"head", serial=5, labels=LABELS)


@pytest.fixture
def expected(signer: StubService, bundle: DeviceBundle) -> Expectation:
    """What a device with serial 4 expects."""
    return Expectation(
        key=signer.public_key,
        group="family",
        space=bundle.space,
        channel=Channel.BEST,
        cut=bundle.cut,
        feature_shape=bundle.feature_shape,
        golden_sample_sha256=bundle.golden_sample_sha256,
        serial=4,
        passed=0,
        issued=ISSUED - 1000,
        now=ISSUED + 1000,
    )


def test_a_right_release_is_believed(signer: StubService, manifest: Manifest, expected: Expectation) -> None:
    assert judge_release(signer.sign(manifest), expected).serial == 5


@pytest.mark.parametrize(
    "change",
    [
        {"group": "strangers"},
        {"space": "b" * 64},
        {"channel": Channel.LATEST},
        {"cut": "freeze6"},
        {"feature_shape": (4, 2)},
        {"golden_sample_sha256": "c" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_release_of_another_place_is_refused(
    signer: StubService, manifest: Manifest, expected: Expectation, change: dict[str, Any]
) -> None:
    with pytest.raises(Misplaced, match=f"expected {next(iter(change))}"):
        judge_release(signer.sign(dataclasses.replace(manifest, **change)), expected)


def test_a_lower_serial_is_an_attack(signer: StubService, manifest: Manifest, expected: Expectation) -> None:
    with pytest.raises(Replayed, match="expected serial 4 or higher, got 3"):
        judge_release(signer.sign(dataclasses.replace(manifest, serial=3)), expected)


def test_the_same_serial_is_believed_and_nothing_new(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    assert judge_release(signer.sign(manifest), dataclasses.replace(expected, serial=5)).serial == 5


def test_an_expired_release_is_refused_when_it_is_new(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    late = dataclasses.replace(expected, now=EXPIRES + GRACE_S + 1)
    with pytest.raises(
        Expired, match=r"this device's clock: [0-9-]{10} [0-9:]{5} UTC, the service's: not known"
    ) as found:
        judge_release(signer.sign(manifest), late)
    assert "is this device's clock right?" in advice(found.value)


def test_a_time_beyond_every_calendar_is_told_in_seconds() -> None:
    with pytest.raises(Expired, match=r"got one that expired at 1970-01-01 00:01 UTC \(this device's clock: 9{15} s, "):
        check_validity("release 1", 60, now=10.0**15 - 1, issued=0, date=None)


def test_an_expired_release_that_is_installed_keeps_serving(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    late = dataclasses.replace(expected, now=EXPIRES + GRACE_S + 1, serial=5)
    assert judge_release(signer.sign(manifest), late).serial == 5


def test_a_clock_that_is_a_little_fast_is_forgiven(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    assert judge_release(signer.sign(manifest), dataclasses.replace(expected, now=EXPIRES + GRACE_S)).serial == 5


def test_a_clock_that_is_obviously_slow_does_not_lock_the_device_out(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    """A board without a battery for its clock starts in 1970: the manifest is from its future."""
    assert judge_release(signer.sign(manifest), dataclasses.replace(expected, now=0.0)).serial == 5


def test_a_clock_that_is_obviously_slow_does_not_make_stale_news_fresh(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    """What is installed was issued after this release had expired, so it is later, whatever the clock says."""
    slow = dataclasses.replace(expected, now=0.0, issued=EXPIRES + GRACE_S + 1)
    with pytest.raises(Expired):
        judge_release(signer.sign(manifest), slow)


def test_a_device_without_a_clock_is_told_the_time_by_the_service(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    """A board that starts in 1970 and has installed nothing took what had expired for news."""
    told = dataclasses.replace(expected, now=0.0, issued=0, date=EXPIRES + GRACE_S + 1)
    with pytest.raises(Expired) as caught:
        judge_release(signer.sign(manifest), told)
    assert not isinstance(caught.value, ClockAhead)


def test_a_clock_that_is_ahead_is_named_where_the_service_tells_another_time(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    ahead = dataclasses.replace(expected, now=EXPIRES + 2.0 * GRACE_S, date=ISSUED)
    with pytest.raises(ClockAhead, match=r"the service's: [0-9-]{10} [0-9:]{5} UTC, newest"):
        judge_release(signer.sign(manifest), ahead)


def test_a_signature_of_another_key_is_forged(signer: StubService, manifest: Manifest, expected: Expectation) -> None:
    with pytest.raises(Forged, match="pinned key"):
        judge_release(sign(Ed25519PrivateKey.generate(), manifest.encode()), expected)


def test_one_signature_that_fits_among_others_is_enough(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    ours, other = (json.loads(one) for one in (signer.sign(manifest), sign(Ed25519PrivateKey.generate(), b"x")))
    ours["signatures"] = other["signatures"] + ours["signatures"]
    assert judge_release(json.dumps(ours).encode(), expected).serial == 5


def changed(envelope: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(envelope) | changes).encode()


def flipped(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("attack", "error"),
    [
        (lambda e: changed(e, payload=flipped(json.loads(e)["payload"])), Forged),
        (lambda e: changed(e, payloadType="application/vnd.fedex.other+json"), Forged),
        (lambda e: changed(e, payloadType=""), ProtocolViolation),
        (lambda e: changed(e, signatures=[]), ProtocolViolation),
        (lambda e: changed(e, signatures=[{"keyid": "0" * 16, "sig": base64.b64encode(bytes(64)).decode()}]), Forged),
        (lambda e: changed(e, signatures=json.loads(e)["signatures"] * 17), ProtocolViolation),
        (lambda e: e[:-1], ProtocolViolation),
        (lambda e: e + b"x", ProtocolViolation),
        (lambda e: b"", ProtocolViolation),
        (lambda e: b"[" * 100_000, ProtocolViolation),
        (lambda e: b"\xff" * 100, ProtocolViolation),
        (lambda e: e + b" " * MAX_ENVELOPE_BYTES, ProtocolViolation),
    ],
)
def test_an_attack_on_the_envelope_is_refused_by_name(
    signer: StubService,
    manifest: Manifest,
    expected: Expectation,
    attack: Callable[[bytes], bytes],
    error: type[Untrusted],
) -> None:
    with pytest.raises(error):
        judge_release(attack(signer.sign(manifest)), expected)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"serial": 0},
        {"serial": "5"},
        {"heads": {"int2": {}}},
        {"temperature": 0},
        {"threshold": 2},
        {"expires": ISSUED},
        {"labels": None},
    ],
    ids=str,
)
def test_a_signed_payload_that_is_no_manifest_is_refused(
    signer: StubService, manifest: Manifest, expected: Expectation, change: dict[str, Any]
) -> None:
    payload = json.dumps(json.loads(manifest.encode()) | change).encode()
    with pytest.raises(ProtocolViolation, match="manifest"):
        judge_release(sign(signer.key, payload), expected)


def test_nothing_is_read_before_the_signature_holds(signer: StubService, expected: Expectation) -> None:
    with pytest.raises(Forged):
        judge_release(sign(Ed25519PrivateKey.generate(), b"no manifest at all"), expected)


def test_a_payload_of_another_type_with_a_right_signature_is_forged(
    signer: StubService, manifest: Manifest, expected: Expectation
) -> None:
    with pytest.raises(Forged, match="payload type"):
        judge_release(sign(signer.key, manifest.encode(), payload_type="text/plain"), expected)
