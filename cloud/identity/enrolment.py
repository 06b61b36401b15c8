"""Enrolment: an operator's code lets a new device into a group, and gives it a token."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from cloud.errors import Forbidden, NotFound, NotReady
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.identity.tokens import hash_secret
from cloud.store import keys
from cloud.store.store import ObjectStore
from contract.routes import PUBLIC_KEY_BYTES, EnrolmentReply

ID_BYTES = 16
SECRET_BYTES = 32


def enrol(store: ObjectStore, code: str, *, groups: Mapping[str, str], now: int) -> EnrolmentReply:
    """Let a new device into the group that the code opens. Asking again makes another device.

    Raises:
        Forbidden: no group has this code.
        NotReady: the service has no verification key yet, because its worker never ran.
    """
    group = _open_group(code, groups)
    key = _verification_key(store)
    device_id = secrets.token_hex(ID_BYTES)
    token = f"{device_id}.{secrets.token_urlsafe(SECRET_BYTES)}"
    device = EnrolledDevice(id=device_id, group=group, generation=0, token_sha256=hash_secret(token), enrolled=now)
    devices.add(store, device)
    return EnrolmentReply(device=device.id, token=token, group=group, key=key)


def _open_group(code: str, groups: Mapping[str, str]) -> str:
    asked = hash_secret(code)
    opened = [group for each, group in groups.items() if hmac.compare_digest(asked, hash_secret(each))]
    if not opened:
        raise Forbidden
    return opened[0]


def _verification_key(store: ObjectStore) -> bytes:
    try:
        key = store.get(keys.VERIFY).body
    except NotFound:
        raise NotReady(f"{keys.VERIFY}: expected the worker's key, got none: it has not been started yet") from None
    if len(key) != PUBLIC_KEY_BYTES:
        raise NotReady(f"{keys.VERIFY}: expected {PUBLIC_KEY_BYTES} bytes, got {len(key)}")
    return key
