"""Invitations: what an operator gives to those who enrol devices, for each enrolment code."""

from __future__ import annotations

from collections.abc import Mapping

from cloud.errors import SettingError
from cloud.identity.verification_keys import read_key
from cloud.store.store import ObjectStore
from contract.errors import ContractError, TooLarge
from contract.invitation import Invitation, fingerprint


def invite_all(store: ObjectStore, enrolment: Mapping[str, str], *, url: str) -> list[tuple[str, Invitation]]:
    """Make the invitation of each code, with its group; their fingerprint is that of the key that devices get now.

    Raises:
        NotReady: the worker, which makes the key, never ran.
        SettingError: there are no codes, `url` is not an address, or a code is not one.
        StoreError: the store cannot be read.
    """
    if not enrolment:
        raise SettingError("FEDEX_ENROLMENT is not set: there is no code to invite with")
    digits = fingerprint(read_key(store))
    made = [(group, Invitation(url.rstrip("/"), code, digits)) for code, group in enrolment.items()]
    return [(group, _checked(invitation, group=group)) for group, invitation in made]


def _checked(invitation: Invitation, *, group: str) -> Invitation:
    try:
        return Invitation.parse(invitation.encode())
    except TooLarge as error:
        raise SettingError(f"--url: expected an invitation of {error.expected} with it, got {error.got}") from None
    except ContractError as error:
        if error.where == "invitation.url":
            raise SettingError(f"--url: expected an address like https://fedex.example.org, got {error.got}") from None
        raise SettingError(f"FEDEX_ENROLMENT: group {group}: expected {error.expected}, got {error.got}") from None
