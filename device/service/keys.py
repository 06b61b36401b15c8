"""Follows the chain of a service's verification keys from a key that is trusted to those after it.

Of the chain nothing is believed but what the trusted key signed, and the keys that it leads to: a key that was stolen
cannot lead a device anywhere that has gone past it. The whole chain is checked all the same, as its first key gives the
service its name (`Identity.origin`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from contract.envelope import Envelope, key_id
from contract.errors import ContractError
from contract.invitation import fingerprint, shown_fingerprint
from contract.key_chain import KeyChain
from device.errors import KeyRefused
from device.service.client import Client
from device.service.identity import Identity, holding_identity, keep_identity, require_identity
from device.service.signatures import verifies


def read_keys(client: Client) -> KeyChain:
    """Ask a service for its keys, and check that each is signed by the one before.

    Raises:
        KeyRefused: one is not.
        Refused, TryLater, Untrusted: as `Client.keys`.
    """
    chain = client.keys()
    try:
        chain.check_signed(verifies)
    except ContractError as error:
        raise KeyRefused(f"service: {error}") from error
    return chain


def keys_of_fingerprint(chain: KeyChain, digits: str) -> tuple[bytes, ...]:
    """Return the key of a fingerprint, 32 hex digits, and those after it. Pure.

    Raises:
        KeyRefused: no key of the chain has it.
    """
    found = [number for number, key in enumerate(chain.keys) if fingerprint(key) == digits]
    if not found:
        got = shown_fingerprint(fingerprint(chain.newest))
        raise KeyRefused(f"service: expected the key {shown_fingerprint(digits)}, got {got}")
    return chain.keys[found[0] :]


def choose_key(answered: bytes, chain: KeyChain, *, trusted: Sequence[bytes], pinned: bytes | None) -> bytes:
    """Return the key to pin after an enrolment: the answered one, or the pinned one where that is the later. Pure.

    A service answers the key before its newest one while it still signs anew what stands.

    Raises:
        KeyRefused: the answered key is not in the chain, or the later of the two is not one of the trusted ones.
    """
    keys = [key for key in (pinned, answered) if key in chain.keys]
    later = max(keys, key=chain.keys.index, default=answered)
    if answered not in chain.keys or later not in trusted:
        expected = ", ".join(map(key_id, trusted))
        raise KeyRefused(f"service: expected one of the keys {expected}, got {key_id(answered)}")
    return later


def follow(identity: Identity, chain: KeyChain, *, release: Envelope) -> Identity:
    """Return the identity with the key that has signed a release, if its own leads to that. Pure.

    A key of which nothing was seen yet is not taken: while a rotation is under way, what stands is the one before's.

    Raises:
        KeyRefused: the chain does not have its key, or begins elsewhere: a fork, or an older chain.
    """
    if chain.keys[0] != identity.root or identity.key not in chain.keys:
        raise KeyRefused(
            f"service: expected keys that lead on from {key_id(identity.key)}, got those from "
            f"{key_id(chain.keys[0])} to {key_id(chain.newest)}"
        )
    later = chain.keys[chain.keys.index(identity.key) + 1 :]
    signers = [key for key in later if verifies(release, key)]
    return replace(identity, key=signers[-1], first_key=identity.root) if signers else identity


def follow_keys(home: Path, client: Client, release: bytes) -> bytes:
    """Keep the key that has signed a release, if the kept one leads to it, whole or not at all; return the kept one.

    Raises:
        KeyRefused, Refused, TryLater, Untrusted: as `read_keys` and `follow`; the key stays.
        ContractError: the release is no envelope.
        EnrolmentError: the device is not enrolled any more.
        Storage: the key could not be kept.
    """
    chain = read_keys(client)
    with holding_identity(home):
        before = require_identity(home)
        after = follow(before, chain, release=Envelope.parse(release))
        if after != before:
            keep_identity(home, after)
    return after.key
