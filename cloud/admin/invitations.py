"""Invitations: what an operator gives to those who enrol devices: a code, the key's fingerprint, and an address."""

from __future__ import annotations

from collections.abc import Mapping

from cloud.errors import SettingError
from cloud.identity.verification_keys import read_key
from cloud.store.store import ObjectStore
from contract.errors import ContractError, TooLarge
from contract.invitation import Invitation, fingerprint


def invite_all(store: ObjectStore, enrolment: Mapping[str, str], *, url: str) -> list[tuple[str, Invitation]]:
    """Make the invitation of each code of the environment, with its group.

    Their fingerprint is that of the key that devices get now.

    Raises:
        NotReady: the worker, which makes the key, never ran.
        SettingError: there are no codes, `url` is not an address, or a code is not one.
        StoreError: the store cannot be read.
    """
    if not enrolment:
        advice = "`fedex-cloud codes add --url` makes one and its invitation"
        raise SettingError(f"FEDEX_ENROLMENT is not set: there is no code to invite with; {advice}")
    key = read_key(store)
    return [(group, invite(key, code, group=group, url=url)) for code, group in enrolment.items()]


def invite(key: bytes, code: str, *, group: str, url: str) -> Invitation:
    """Make the invitation of one code; `key` is the raw verification key that devices get now.

    Raises:
        SettingError: `url` is not an address, or the code is not one.
    """
    return _checked(Invitation(url.rstrip("/"), code, fingerprint(key)), group=group)


def _checked(invitation: Invitation, *, group: str) -> Invitation:
    try:
        return Invitation.parse(invitation.encode())
    except TooLarge as error:
        raise SettingError(f"--url: expected an invitation of {error.expected} with it, got {error.got}") from None
    except ContractError as error:
        if error.where == "invitation.url":
            raise SettingError(f"--url: expected an address like https://fedex.example.org, got {error.got}") from None
        raise SettingError(f"FEDEX_ENROLMENT: group {group}: expected {error.expected}, got {error.got}") from None
