"""The seal of tokens: which were given out by this service, told without a look at whom they belong to.

::

    keys/seal    random bytes, the key of the seal, made when it is first needed

    token        <id>.<base64url of 32 random bytes and the seal>
    seal         the first 8 bytes of HMAC-SHA-256(key, "fedex-token-seal-1" and the id and the random bytes, 0 between)

Nobody can make one up, so whoever shows a token with a seal was let in once, and may be asked for by name; all others
are guesses, of which an address has few (`cloud.identity.quotas`). A seal lets nobody in: a token counts because its
hash is kept. So a key that gets out or is lost costs no more than that guesses and tokens are taken for each other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cloud.errors import AlreadyExists, Damaged, NotFound
from cloud.store import keys
from cloud.store.store import ObjectStore

SECRET_BYTES = 32
SEAL_BYTES = 8
KEY_BYTES = 32

_CONTEXT = b"fedex-token-seal-1"
_LENGTH = -(-4 * (SECRET_BYTES + SEAL_BYTES) // 3)
"""Of what follows the dot, in characters; base64 without its padding."""


class TokenSeal:
    """The seal of a store's tokens, whose key is read once. Safe to use from several threads."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._key: bytes | None = None

    def make_token(self, id_: str) -> str:
        """Make a new token for whoever has this id.

        Raises:
            StoreError: the key cannot be read.
        """
        secret = secrets.token_bytes(SECRET_BYTES)
        return f"{id_}.{_encode(secret + self._seal(id_, secret))}"

    def is_on(self, token: str) -> bool:
        """Tell whether a token was made here, whoever it belongs to and whether or not it still counts.

        Raises:
            StoreError: the key cannot be read.
        """
        id_, _, rest = token.partition(".")
        decoded = _decode(rest)
        if decoded is None:
            return False
        secret, seal = decoded[:SECRET_BYTES], decoded[SECRET_BYTES:]
        return hmac.compare_digest(seal, self._seal(id_, secret))

    def _seal(self, id_: str, secret: bytes) -> bytes:
        if self._key is None:
            self._key = self._read_key()
        message = b"\0".join((_CONTEXT, id_.encode(), secret))
        return hmac.digest(self._key, message, hashlib.sha256)[:SEAL_BYTES]

    def _read_key(self) -> bytes:
        try:
            return self._store.get(keys.SEAL).body
        except NotFound:
            pass
        key = secrets.token_bytes(KEY_BYTES)
        try:
            self._store.add(keys.SEAL, key)
        except AlreadyExists:  # another process was first
            return self._store.get(keys.SEAL).body
        return key


def check(store: ObjectStore) -> None:
    """Look whether the key of the seal, if there is one yet, can be one.

    Raises:
        Damaged: it cannot.
        StoreError: the store failed.
    """
    try:
        size = store.stat(keys.SEAL).size
    except NotFound:
        return
    if size != KEY_BYTES:
        raise Damaged(f"{keys.SEAL}: expected {KEY_BYTES} bytes, got {size}")


def _encode(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """Read what `_encode` wrote; None where it is no such text. One secret has one spelling."""
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return decoded if _encode(decoded) == text else None
