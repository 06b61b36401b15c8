"""A copy of the worker's key and chain that a passphrase seals: what must not be lost besides the store.

::

    {"format": 1, "key": "<key id>", "salt": base64 of 16 bytes, "nonce": base64 of 12 bytes, "sealed": base64}

    sealed   ChaCha20-Poly1305 of {"private": base64 of 32 bytes, "chain": base64}, under a key that scrypt (RFC 7914;
             N = 2^17, r = 8, p = 1) makes of the passphrase's NFC and the salt; the other keys of the document are
             authenticated with it

A guess costs 128 MiB and some tenths of a second.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cloud.errors import SettingError
from cloud.releases.key_files import KeyPair, public_half, verifies
from contract.documents import Fields, Json, encode_base64, encode_json, parse_document
from contract.envelope import key_id
from contract.errors import ContractError, Impossible
from contract.key_chain import MAX_KEY_CHAIN_BYTES, PUBLIC_KEY_BYTES, KeyChain
from contract.patterns import KEY_ID_PATTERN

EXPORT_FORMAT = 1
MAX_EXPORT_BYTES = 1 << 20
LEAST_PASSPHRASE = 12
"""Characters."""

_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32
_N, _R, _P = 1 << 17, 8, 1


def seal(pair: KeyPair, passphrase: str) -> bytes:
    """Write a key and its chain so that only who has the passphrase can read them.

    Raises:
        SettingError: the passphrase is too short.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise SettingError(f"passphrase: expected at least {LEAST_PASSPHRASE} characters, got {len(passphrase)}")
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    document: dict[str, Json] = {
        "format": EXPORT_FORMAT,
        "key": key_id(public_half(pair.private)),
        "salt": encode_base64(salt),
        "nonce": encode_base64(nonce),
    }
    secret = {"private": encode_base64(pair.private.private_bytes_raw()), "chain": encode_base64(pair.chain.encode())}
    sealed = _cipher(passphrase, salt).encrypt(nonce, encode_json(secret), encode_json(document))
    return encode_json({**document, "sealed": encode_base64(sealed)})


def unseal(data: bytes, passphrase: str, *, where: str) -> KeyPair:
    """Read what `seal` wrote; `where` names the file.

    Raises:
        SettingError: it is another file, it was changed, or the passphrase is another.
    """
    try:
        fields = parse_document(data, where=where, max_bytes=MAX_EXPORT_BYTES)
        fields.check_format(EXPORT_FORMAT)
        document: dict[str, Json] = {
            "format": EXPORT_FORMAT,
            "key": fields.name("key", KEY_ID_PATTERN),
            "salt": fields.text("salt"),
            "nonce": fields.text("nonce"),
        }
        salt, nonce = _binary(fields, "salt", _SALT_BYTES), _binary(fields, "nonce", _NONCE_BYTES)
        sealed = fields.binary("sealed", max_bytes=MAX_EXPORT_BYTES)
        secret = _open(_cipher(passphrase, salt), nonce, sealed, document, where=where)
        return _pair(parse_document(secret, where=where, max_bytes=MAX_EXPORT_BYTES))
    except ContractError as error:
        raise SettingError(f"{where}: expected what `keys export` wrote, got another file: {error}") from error


def _open(cipher: ChaCha20Poly1305, nonce: bytes, sealed: bytes, document: Mapping[str, Json], *, where: str) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, encode_json(document))
    except InvalidTag:
        raise SettingError(
            f"{where}: expected the passphrase that it was sealed with, got another one, or the file was changed"
        ) from None


def _pair(fields: Fields) -> KeyPair:
    private = Ed25519PrivateKey.from_private_bytes(_binary(fields, "private", PUBLIC_KEY_BYTES))
    chain = KeyChain.parse(fields.binary("chain", max_bytes=MAX_KEY_CHAIN_BYTES))
    chain.check_signed(verifies)
    return KeyPair(private, chain)


def _binary(fields: Fields, key: str, size: int) -> bytes:
    """Read so many bytes."""
    value = fields.binary(key, max_bytes=size)
    if len(value) != size:
        raise Impossible(fields.place(key), expected=f"{size} bytes", got=f"{len(value)}")
    return value


def _cipher(passphrase: str, salt: bytes) -> ChaCha20Poly1305:
    derived = Scrypt(salt=salt, length=_KEY_BYTES, n=_N, r=_R, p=_P)
    return ChaCha20Poly1305(derived.derive(unicodedata.normalize("NFC", passphrase).encode()))
