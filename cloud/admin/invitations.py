"""Invitations: what an operator gives to those who enrol devices, for each enrolment code."""

from __future__ import annotations

from collections.abc import Mapping

from cloud.errors import SettingError
from cloud.identity.verification_keys import read_key
from cloud.store.store import ObjectStore
from contract.errors import ContractError
from contract.invitation import Invitation, fingerprint


def invite_all(store: ObjectStore, enrolment: Mapping[str, str], *, url: str) -> list[tuple[str, Invitation]]:
    """Make the invitation of each code, with its group; their fingerprint is that of the key that devices get now.

    Raises:
        NotReady: the worker, which makes the key, never ran.
        SettingError: there are no codes, or `url` is not an address.
        StoreError: the store cannot be read.
    """
    if not enrolment:
        raise SettingError("FEDEX_ENROLMENT is not set: there is no code to invite with")
    digits = fingerprint(read_key(store))
    return [(group, _checked(Invitation(url.rstrip("/"), code, digits))) for code, group in enrolment.items()]


def _checked(invitation: Invitation) -> Invitation:
    try:
        return Invitation.parse(invitation.encode())
    except ContractError as error:
        raise SettingError(f"--url: expected an address like https://fedex.example.org, got {error.got}") from None
