"""The worker's Ed25519 key: what it signs, what was signed by it or a key before it, and what the store says of it.

::

    keys/chain     in the store: all keys so far, each signed by the one before; there from the first rotation on
    keys/verify    in the store: the raw 32-byte public key that devices get when they enrol

A store belongs to the worker that put its key there. After a rotation the worker signs what stands anew, and then moves
`keys/verify`; until then devices that enrol get the key before, and follow the chain as all others do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.errors import AlreadyExists, Damaged, NotFound, SettingError
from cloud.releases.key_files import KEY_FILE as KEY_FILE
from cloud.releases.key_files import (
    KeyPair,
    has_pair,
    keep_chain,
    keep_pair,
    load_or_create_pair,
    load_pair,
    next_key,
    public_half,
    verifies,
)
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.envelope import Envelope, Signature, key_id, pae
from contract.key_chain import KEY_LINK_PAYLOAD_TYPE, MAX_LINKS, KeyChain, KeyLink
from contract.manifest import MANIFEST_PAYLOAD_TYPE


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that devices pinned, or follow the chain to; its private half stays out of `repr`."""

    chain: KeyChain
    """All keys of this worker so far; it ends with this one."""
    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public half, raw, 32 bytes."""
        return self.chain.newest

    def sign(self, payload: bytes, *, payload_type: str = MANIFEST_PAYLOAD_TYPE) -> Envelope:
        """Sign these exact bytes; the same bytes give the same envelope."""
        signature = Signature(key_id(self.public), self._private.sign(pae(payload_type, payload)))
        return Envelope(payload, payload_type, (signature,))

    def has_signed(self, envelope: Envelope) -> bool:
        """Tell whether one of the envelope's signatures is this key's."""
        return verifies(envelope, self.public)

    def vouches_for(self, envelope: Envelope) -> bool:
        """Tell whether one of the envelope's signatures is this key's, or was made by a key before it."""
        return any(verifies(envelope, key) for key in self.chain.keys)


def load_or_create(state: Path, store: ObjectStore) -> SigningKey:
    """Load the worker's key, or make it if `state` has none, and put its public half and its chain into the store.

    Safe when killed at any instant, and when several workers that share `state` start at once.

    Raises:
        SettingError: `state` cannot be used, holds no such key or an older one, or the store is another worker's, as
            it is where `state` is empty and the store is not: no key is made then.
    """
    try:
        _check_may_create(state, store)
        pair = load_or_create_pair(state)
    except OSError as error:
        raise _unusable(state, error) from error
    key = SigningKey(pair.chain, pair.private)
    _publish(store, key, state)
    return key


def load(state: Path, store: ObjectStore) -> SigningKey:
    """Load the key of the worker whose state folder this is, for a command beside it.

    Raises:
        SettingError: there is none, or the store belongs to another worker.
    """
    load_pair(state)
    return load_or_create(state, store)


def adopt(state: Path, store: ObjectStore, pair: KeyPair) -> SigningKey | None:
    """Let a key that was exported be the worker's again, whose state folder was lost; None where it is already.

    Nothing is kept of a key that this store does not belong to, or that is older than what it has. Killed at any step,
    the same again completes it. No worker may run with `state` meanwhile.

    Raises:
        SettingError: as said, or `state` holds another key.
    """
    key = SigningKey(pair.chain, pair.private)
    _check_belongs(store, key, "the key that was exported")
    try:
        is_new = keep_pair(state, pair)
    except OSError as error:
        raise _unusable(state, error) from error
    return load_or_create(state, store) if is_new else None


def rotate(state: Path, store: ObjectStore, *, now: int) -> SigningKey:
    """Let a new key take the place of the worker's, which signs a link to it and is removed.

    Killed before the chain was written, nothing has changed, and the next rotation takes the key that was made; after
    that, whoever loads the key goes through with it. No worker may run with `state` meanwhile.

    Raises:
        SettingError: as `load_or_create`; or there were as many rotations as a chain holds.
    """
    key = load_or_create(state, store)
    if len(key.chain.links) >= MAX_LINKS:
        raise SettingError(f"{state}: expected at most {MAX_LINKS - 1} rotations so far, got {MAX_LINKS}")
    try:
        link = KeyLink(key.public, public_half(next_key(state)), now)
        keep_chain(state, key.chain.extended(key.sign(link.encode(), payload_type=KEY_LINK_PAYLOAD_TYPE)))
    except OSError as error:
        raise _unusable(state, error) from error
    return load_or_create(state, store)


def check_newest(store: ObjectStore, key: SigningKey) -> None:
    """Refuse a key after which the store has another one: devices that have followed to that believe this one no more.

    Raises:
        Damaged: it has, as where keys were rotated by one worker while another one ran.
        StoreError: the store failed.
    """
    body = _read(store, keys.CHAIN)
    if body is None:
        return
    with reading(keys.CHAIN):
        newest = KeyChain.parse(body).newest
    if newest != key.public:
        raise Damaged(
            f"{keys.CHAIN}: expected the key of this worker, {key_id(key.public)}, to be the newest, got "
            f"{key_id(newest)} after it: stop this worker, and bring it the key of the one that was rotated"
        )


def is_given_out(store: ObjectStore, key: SigningKey) -> bool:
    """Tell whether this is the key that devices get when they enrol. Raises `StoreError`."""
    return store.get(keys.VERIFY).body == key.public


def give_out(store: ObjectStore, key: SigningKey) -> None:
    """Give this key to devices that enrol from now on: all that they may pull is signed by it. Raises `StoreError`."""
    store.put(keys.VERIFY, key.public)


def _check_may_create(state: Path, store: ObjectStore) -> None:
    """Refuse to make a key for a store that has a worker: its devices would believe nothing that the key signs.

    The store is read first: a key that another worker of this state folder has put there was in the folder before.
    """
    present = _read(store, keys.VERIFY)
    if present is not None and not has_pair(state):
        raise SettingError(
            f"FEDEX_STATE: expected the folder with the key {key_id(present)}, which this store's devices believe, got "
            f"{state} without a key: this store belongs to a worker with another state folder. "
            "If that is lost, `fedex-cloud keys import` brings its key back"
        )


def _publish(store: ObjectStore, key: SigningKey, state: Path) -> None:
    """Put the chain before the key that devices get, which is in it whenever somebody reads both."""
    has_key, has_chain = _check_belongs(store, key, str(state / KEY_FILE))
    if not has_chain:
        store.put(keys.CHAIN, key.chain.encode())
    try:
        if not has_key:
            store.put_if_absent(keys.VERIFY, key.public)
    except AlreadyExists:
        _publish(store, key, state)  # of a worker that started at the same time


def _check_belongs(store: ObjectStore, key: SigningKey, name: str) -> tuple[bool, bool]:
    """Refuse a store that is not this key's; tell whether it has a key, and the chain, if there is one to have.

    Raises:
        SettingError: it is another worker's, or has keys after this one.
    """
    present, body = _read(store, keys.VERIFY), _read(store, keys.CHAIN)
    if present is not None and present not in key.chain.keys:
        raise _another_worker(f"{keys.VERIFY}: expected that of {name}, {key_id(key.public)}, got {key_id(present)}")
    if body is None:
        return present is not None, not key.chain.links
    with reading(keys.CHAIN):
        chain = KeyChain.parse(body)
    if not key.chain.continues(chain):
        raise _another_worker(
            f"{keys.CHAIN}: expected the keys up to that of {name}, {key_id(key.public)}, "
            f"got others, up to {key_id(chain.newest)}: is it an older copy?"
        )
    return present is not None, chain == key.chain


def _read(store: ObjectStore, key: str) -> bytes | None:
    try:
        return store.get(key).body
    except NotFound:
        return None


def _another_worker(message: str) -> SettingError:
    return SettingError(f"{message}: this store belongs to a worker with another state folder")


def _unusable(state: Path, error: OSError) -> SettingError:
    return SettingError(f"{state / KEY_FILE}: expected a folder that the worker may write to, got {error}")
