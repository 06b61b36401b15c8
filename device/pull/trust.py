"""Judges a release: bytes in, a manifest that may be believed out, or a typed error. Pure.

The signature of a list of spaces is checked by the same functions; the rest of it is judged in `device.pull.spaces`.

A release of a newer key is `Forged` until the device has followed the chain to that key (`device.service.keys`).

The order is that of The Update Framework: nothing is looked at before what comes earlier has held.

    1. length    at most 4 MiB                                    ProtocolViolation
    2. envelope  the DSSE form                                    ProtocolViolation
    3. signature by the pinned key, over type and exact bytes     Forged
    4. schema    the manifest's                                   ProtocolViolation
    5. place     group, space, channel, cut, shape, golden        Misplaced
    6. expiry    of a manifest that was never installed           Expired
    7. serial    lower than the newest ever installed, or seen    Replayed
                 equal: nothing new, told by comparing the serials

No clock is trusted alone (`contract.validity`). One that is far ahead refuses what is new, and the error says so where
the service's contradicts it; the installed head keeps serving, and the next right clock goes on. A manifest from the
future is not refused: the signature is the key's, and the clock is the weaker witness. A release that stands is signed
anew at half of its life, so what has expired is a release that somebody held back, or a service that was off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from contract.envelope import MAX_ENVELOPE_BYTES, Envelope, key_id
from contract.errors import ContractError, shown
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel, Manifest
from contract.validity import Validity, judge_validity
from device.errors import ClockAhead, Expired, Forged, Misplaced, ProtocolViolation, Refused, Replayed
from device.service.signatures import verifies

Judged = TypeVar("Judged")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a release must be to be believed by this device now."""

    key: bytes
    """The pinned Ed25519 public key, 32 bytes."""
    group: str
    space: str
    channel: Channel
    cut: str
    feature_shape: tuple[int, ...]
    golden_sample_sha256: str
    serial: int
    """The serial of the newest release of this line that was ever installed, whatever has become of it; 0: none was."""
    passed: int
    """The serial of a newer one that was believed and is for other devices; 0: none was."""
    issued: int
    """The newest time of issue that was ever installed of this group, Unix seconds; 0: none was."""
    now: float
    """The device's clock, Unix seconds."""
    date: int | None = None
    """The service's clock, as the answer told it over TLS, Unix seconds."""


def judge_release(data: bytes, expected: Expectation) -> Manifest:
    """Return the manifest in `data` if it may be believed; its serial is the expected one, or higher.

    Raises:
        ProtocolViolation: too long, not an envelope, or not a manifest.
        Forged: no signature of the pinned key fits.
        Misplaced: of another group, space, channel, cut, feature shape or golden sample.
        Expired: never installed, and past its time; `ClockAhead`: by the device's clock alone.
        Replayed: a lower serial than the newest ever installed, or passed over since.
    """
    payload = verified_payload(data, key=expected.key, payload_type=MANIFEST_PAYLOAD_TYPE, max_bytes=MAX_ENVELOPE_BYTES)
    manifest = _parse(payload)
    _check_place(manifest, expected)
    _check_expiry(manifest, expected)
    lowest = max(expected.serial, expected.passed)
    if manifest.serial < lowest:
        raise Replayed(f"release: expected serial {lowest} or higher, got {manifest.serial}")
    return manifest


def judge_by_newest_key(
    judge: Callable[[bytes], Judged], *, key: bytes, envelope: bytes, follow_keys: Callable[[bytes], bytes]
) -> Judged:
    """Judge an envelope by the pinned key, or by a later one that this leads to.

    Args:
        judge: judges it by a key.
        key: the pinned one.
        envelope: what is judged.
        follow_keys: keeps the key that has signed an envelope, if the pinned one leads to it, and returns the kept one.

    Raises:
        Forged: neither has signed it; whatever else `judge` and `follow_keys` raise.
    """
    try:
        return judge(key)
    except Forged as forged:
        try:
            kept = follow_keys(envelope)
        except Refused:  # a service that tells no keys
            raise forged from None
        if kept == key:
            raise
        return judge(kept)


def verified_payload(data: bytes, *, key: bytes, payload_type: str, max_bytes: int) -> bytes:
    """Return what the pinned key has signed as `payload_type`; nothing of it is read yet.

    Raises:
        ProtocolViolation: longer than `max_bytes`, or not an envelope.
        Forged: no signature of the pinned key fits.
    """
    try:
        envelope = Envelope.parse(data, max_bytes=max_bytes)
    except ContractError as error:
        raise ProtocolViolation(f"signed document: {error}") from error
    _check_signature(envelope, key, payload_type)
    return envelope.payload


def _check_signature(envelope: Envelope, key: bytes, payload_type: str) -> None:
    if envelope.payload_type != payload_type:
        raise Forged(f"signed document: expected payload type {payload_type}, got {shown(envelope.payload_type)}")
    if not verifies(envelope, key):
        got = ", ".join(one.key_id for one in envelope.signatures)
        expected = f"a signature of the pinned key {key_id(key)}"
        raise Forged(f"signed document: expected {expected}, got none that fits (keys: {got})")


def _parse(payload: bytes) -> Manifest:
    try:
        return Manifest.parse(payload)
    except ContractError as error:
        raise ProtocolViolation(f"release: {error}") from error


def _check_place(manifest: Manifest, expected: Expectation) -> None:
    for name in ("group", "space", "channel", "cut", "feature_shape", "golden_sample_sha256"):
        wanted, got = getattr(expected, name), getattr(manifest, name)
        if got != wanted:
            raise Misplaced(f"release: expected {name} {wanted}, got {got}")


def _check_expiry(manifest: Manifest, expected: Expectation) -> None:
    if manifest.serial == expected.serial:
        return  # expiry refuses what is new only: what was installed keeps serving, and may be fetched again
    what = f"release {manifest.serial}"
    check_validity(what, manifest.expires, now=expected.now, issued=expected.issued, date=expected.date)


def check_validity(what: str, expires: int, *, now: float, issued: int, date: int | None) -> None:
    """Refuse what was signed and is no news any more.

    Args:
        what: begins the message.
        expires: until when it counts, Unix seconds.
        now: the device's clock.
        issued: the newest time of issue that was ever believed; 0: none was.
        date: the service's clock, where it is known.

    Raises:
        Expired: it is past its time; `ClockAhead`: by the device's clock alone.
    """
    service = "not known (only https tells it)" if date is None else _shown(date)
    newest = _shown(issued) if issued else "none"
    clocks = f"this device's clock: {_shown(now)}, the service's: {service}, newest that was believed: {newest}"
    message = f"{what}: expected one that is still valid, got one that expired at {_shown(expires)} ({clocks})"
    match judge_validity(expires, own=now, issued=issued, date=date):
        case Validity.EXPIRED:
            raise Expired(message)
        case Validity.CLOCK_AHEAD:
            raise ClockAhead(message)


def _shown(seconds: float) -> str:
    """Write a time for people; as it is where no calendar goes so far."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f} s"
