"""The worker's Ed25519 key, made at its first start, and what it signs. The one owner of the private key.

::

    <state>/signing.pem    PKCS #8, readable by its owner only; never in the store
    keys/verify            in the store: the raw 32-byte public key, put once

A store belongs to the worker that put its key there: devices pin that key when they enrol.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cloud.errors import AlreadyExists, SettingError
from cloud.store import keys
from cloud.store.store import ObjectStore
from contract.envelope import Envelope, Signature, key_id, pae
from contract.files import flush_folder
from contract.manifest import MANIFEST_PAYLOAD_TYPE

KEY_FILE = "signing.pem"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that devices pinned; its private half stays out of `repr`."""

    public: bytes
    """Raw, 32 bytes."""
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, payload: bytes, *, payload_type: str = MANIFEST_PAYLOAD_TYPE) -> Envelope:
        """Sign these exact bytes; the same bytes give the same envelope."""
        signature = Signature(key_id(self.public), self._private.sign(pae(payload_type, payload)))
        return Envelope(payload, payload_type, (signature,))

    def has_signed(self, envelope: Envelope) -> bool:
        """Tell whether one of the envelope's signatures is this key's."""
        own = key_id(self.public)
        return any(self._fits(envelope, one.signature) for one in envelope.signatures if one.key_id == own)

    def _fits(self, envelope: Envelope, signature: bytes) -> bool:
        try:
            self._private.public_key().verify(signature, envelope.signed_bytes())
        except InvalidSignature:
            return False
        return True


def load_or_create(state: Path, store: ObjectStore) -> SigningKey:
    """Load the worker's key, or make it if `state` has none, and put its public half into the store.

    Safe when killed at any instant, and when several workers that share `state` start at once.

    Raises:
        SettingError: `state` cannot be used, its key file holds no such key, or the store has another worker's key.
    """
    try:
        key = _load(state / KEY_FILE) or _create(state / KEY_FILE)
    except OSError as error:
        raise SettingError(
            f"{state / KEY_FILE}: expected a folder that the worker may write to, got {error}"
        ) from error
    _publish(store, key, state)
    return key


def _load(path: Path) -> SigningKey | None:
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
    return _signing_key(private)


def _create(path: Path) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_secret(temporary, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        os.link(temporary, path)  # unlike a rename, it never replaces the key of another worker that starts now
    except FileExistsError:
        pass  # that key is the one, and is loaded below
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)
    return _load(path) or _signing_key(private)


def _write_secret(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _signing_key(private: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(private.public_key().public_bytes_raw(), private)


def _publish(store: ObjectStore, key: SigningKey, state: Path) -> None:
    try:
        store.put_if_absent(keys.VERIFY, key.public)
    except AlreadyExists:
        present = store.get(keys.VERIFY).body
        if present != key.public:
            raise SettingError(
                f"{keys.VERIFY}: expected the key of {state / KEY_FILE}, {key_id(key.public)}, got {key_id(present)}: "
                "this store belongs to a worker with another state folder"
            ) from None
