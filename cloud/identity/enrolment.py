"""Enrolment: an operator's code lets a device into a group, and gives it a token.

Codes of the environment open their group to any number of devices, for ever; those of the store (`codes`) to as many as
they say, and until they expire.

A device is named by its secret (`contract.device_id`), of which nothing else is kept: the same secret makes the same
device again, and nobody else can be it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from cloud import audit
from cloud.audit import AuditEvent
from cloud.errors import AlreadyExists, Forbidden
from cloud.identity import codes, devices
from cloud.identity.devices import EnrolledDevice
from cloud.identity.secret_hash import hash_secret
from cloud.identity.token_seal import TokenSeal
from cloud.identity.verification_keys import read_key
from cloud.store.store import ObjectStore
from contract.device_id import DEVICE_SECRET_BYTES, device_id
from contract.routes import EnrolmentReply, EnrolmentRequest

ENVIRONMENT = "FEDEX_ENROLMENT"
"""What the audit log says in place of a code's id."""


def enrol(store: ObjectStore, asked: EnrolmentRequest, *, groups: Mapping[str, str], now: int) -> EnrolmentReply:
    """Let a device into the group that the code opens: a new one, or the one that has this secret already.

    The token that such a device has counts until it uses the new one, so that no answer that is lost locks it out.

    Args:
        store: where codes and devices are kept.
        asked: what the device says.
        groups: the codes of the environment, and what each opens.
        now: Unix seconds.

    Raises:
        Forbidden: no group has this code, it has let in all that it may, or the device is revoked.
        Damaged, StoreError: what is kept of the code or the device cannot be read or changed.
        NotReady: the service has no verification key yet, because its worker never ran.
    """
    group, code = _open_group(store, asked.code, groups, now=now)
    key = read_key(store)
    id_ = device_id(asked.secret or secrets.token_bytes(DEVICE_SECRET_BYTES), group=group)
    is_new = not devices.is_enrolled(store, id_)
    if code and is_new:
        codes.count(store, code, device=id_)
    token = TokenSeal(store).make_token(id_)
    hashed = hash_secret(token)
    try:
        devices.add(store, EnrolledDevice(id_, group, generation=0, token_sha256=hashed, enrolled=now, code=code))
    except AlreadyExists:
        devices.offer_token(store, id_, token_sha256=hashed)
    audit.note(AuditEvent.ENROLLED, by=id_, group=group, code=code or ENVIRONMENT, again=not is_new)
    return EnrolmentReply(device=id_, token=token, group=group, key=key)


def _open_group(store: ObjectStore, code: str, groups: Mapping[str, str], *, now: int) -> tuple[str, str]:
    """Return the group that a code opens, and the code's id; that is empty for one of the environment."""
    asked = hash_secret(code)
    opened = [group for each, group in groups.items() if hmac.compare_digest(asked, hash_secret(each))]
    if opened:
        return opened[0], ""
    found = codes.find(store, code, now=now)
    if found is None:
        raise Forbidden
    return found.group, found.id
