"""Enrolment: an operator's code lets a device into a group, and gives it a token.

A device is named by its secret (`contract.device_id`), of which nothing else is kept: the same secret makes the same
device again, and nobody else can be it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from cloud.errors import AlreadyExists, Forbidden
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.identity.tokens import hash_secret, make_token
from cloud.identity.verification_keys import read_key
from cloud.store.store import ObjectStore
from contract.device_id import DEVICE_SECRET_BYTES, device_id
from contract.routes import EnrolmentReply, EnrolmentRequest


def enrol(store: ObjectStore, asked: EnrolmentRequest, *, groups: Mapping[str, str], now: int) -> EnrolmentReply:
    """Let a device into the group that the code opens: a new one, or the one that has this secret already.

    The token that such a device has counts until it uses the new one, so that no answer that is lost locks it out.

    Raises:
        Forbidden: no group has this code.
        NotReady: the service has no verification key yet, because its worker never ran.
    """
    group = _open_group(asked.code, groups)
    key = read_key(store)
    id_ = device_id(asked.secret or secrets.token_bytes(DEVICE_SECRET_BYTES), group=group)
    token = make_token(id_)
    hashed = hash_secret(token)
    try:
        devices.add(store, EnrolledDevice(id_, group, generation=0, token_sha256=hashed, enrolled=now))
    except AlreadyExists:
        devices.offer_token(store, id_, token_sha256=hashed)
    return EnrolmentReply(device=id_, token=token, group=group, key=key)


def _open_group(code: str, groups: Mapping[str, str]) -> str:
    asked = hash_secret(code)
    opened = [group for each, group in groups.items() if hmac.compare_digest(asked, hash_secret(each))]
    if not opened:
        raise Forbidden
    return opened[0]
