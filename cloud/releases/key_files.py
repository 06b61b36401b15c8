"""The worker's Ed25519 keys as they are kept in its state folder. The one owner of private keys.

::

    <state>/signing.pem    PKCS #8, readable by its owner only; never in the store
    <state>/next.pem       while a rotation is under way: the key that takes its place
    <state>/chain.json     from the first rotation on: all public keys so far, each signed by the one before

The chain is what counts: where it ends with the key of `next.pem`, that key takes the place of the other, which is gone
then. The store has a copy of the chain, which is not believed: whoever can write into the store is not the worker.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cloud.errors import SettingError
from contract.envelope import Envelope, key_id
from contract.errors import ContractError
from contract.files import atomic_write, flush_folder, read_bounded, unfinished
from contract.key_chain import MAX_KEY_CHAIN_BYTES, KeyChain

KEY_FILE = "signing.pem"
NEXT_KEY_FILE = "next.pem"
CHAIN_FILE = "chain.json"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The key that signs, and the chain that ends with it."""

    private: Ed25519PrivateKey = field(repr=False)
    chain: KeyChain


def verifies(envelope: Envelope, key: bytes) -> bool:
    """Tell whether one of an envelope's signatures is a public key's."""
    own = key_id(key)
    signatures = [one.signature for one in envelope.signatures if one.key_id == own]
    return any(_fits(signature, envelope.signed_bytes(), key) for signature in signatures)


def load_or_create_pair(state: Path) -> KeyPair:
    """Load the key, or make it if there is none; a rotation that was decided is gone through with.

    Safe when killed at any instant, and when several processes that share `state` begin at once.

    Raises:
        SettingError: a file is not what this module writes, or the key is not the one that the chain ends with.
        OSError: the folder cannot be used.
    """
    chain = _read_chain(state / CHAIN_FILE)
    private = _load(state / KEY_FILE)
    if chain is None:
        private = private or _create(state / KEY_FILE)
        return KeyPair(private, KeyChain((public_half(private),)))
    if private is None or public_half(private) != chain.newest:
        private = _promote(state, chain.newest)
    return KeyPair(private, chain)


def has_pair(state: Path) -> bool:
    """Tell whether a state folder has a key, or had one."""
    return (state / KEY_FILE).exists() or (state / CHAIN_FILE).exists()


def load_pair(state: Path) -> KeyPair:
    """Load the key of a worker that ran once.

    Raises:
        SettingError: there is none, or as for `load_or_create_pair`.
        OSError: the folder cannot be used.
    """
    if not has_pair(state):
        raise SettingError(f"FEDEX_STATE: expected the folder of a worker that ran once, got {state} without its key")
    return load_or_create_pair(state)


def keep_pair(state: Path, pair: KeyPair) -> bool:
    """Put a key and its chain into a state folder; return False where they are there already.

    The chain comes first: killed after it, the folder has no key that signs, and the same again completes it.

    Raises:
        SettingError: the folder has another key or chain, which would be lost.
        OSError: the folder cannot be used.
    """
    chain, private = _read_chain(state / CHAIN_FILE), _load(state / KEY_FILE)
    held = chain.newest if chain else public_half(private) if private else None
    if held is not None and held != pair.chain.newest:
        raise SettingError(
            f"{state}: expected a folder without a key, got one with the key {key_id(held)}: move it away"
        )
    if private is not None and (chain is not None or not pair.chain.links):
        return False
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if pair.chain.links:
        keep_chain(state, pair.chain)
    atomic_write(state / KEY_FILE, _pem(pair.private), mode=0o600)
    return True


def next_key(state: Path) -> Ed25519PrivateKey:
    """Return the key that will sign after a rotation; it is made if there is none. Raises as `load_or_create_pair`."""
    return _load(state / NEXT_KEY_FILE) or _create(state / NEXT_KEY_FILE)


def keep_chain(state: Path, chain: KeyChain) -> None:
    """Decide that the key at the end of a chain is the one that signs. Raises `OSError`."""
    atomic_write(state / CHAIN_FILE, chain.encode(), mode=0o600)


def public_half(private: Ed25519PrivateKey) -> bytes:
    """Return the raw public key, 32 bytes."""
    return private.public_key().public_bytes_raw()


def _promote(state: Path, newest: bytes) -> Ed25519PrivateKey:
    following = _load(state / NEXT_KEY_FILE)
    if following is None or public_half(following) != newest:
        raise SettingError(
            f"{state / KEY_FILE}: expected the key {key_id(newest)}, with which {CHAIN_FILE} ends, got another or none"
        )
    (state / NEXT_KEY_FILE).replace(state / KEY_FILE)
    flush_folder(state)
    return following


def _read_chain(path: Path) -> KeyChain | None:
    try:
        chain = KeyChain.parse(read_bounded(path, MAX_KEY_CHAIN_BYTES))
        chain.check_signed(verifies)
    except FileNotFoundError:
        return None
    except ContractError as error:
        raise SettingError(f"{path}: expected the chain of this worker's keys, got another file: {error}") from error
    return chain


def _load(path: Path) -> Ed25519PrivateKey | None:
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise SettingError(f"{path}: expected an Ed25519 private key in PEM, got {len(pem)} bytes of something else")
    return private


def _create(path: Path) -> Ed25519PrivateKey:
    private = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with unfinished(path, _pem(private), mode=0o600) as temporary, contextlib.suppress(FileExistsError):
        os.link(temporary, path)  # unlike a rename, it never replaces the key of another process that starts now
    flush_folder(path.parent)
    return _load(path) or private


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _fits(signature: bytes, message: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
