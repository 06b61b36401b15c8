"""Sessions: how a browser shows which operator it is of, in a cookie that is worth something for half a day only.

::

    fedex_operator=<operator's id>.<expires, unix s>.<HMAC-SHA-256 of "fedex-session-1" and both, hexadecimal>

The key is the hash of the operator's token, so every web process of every machine agrees without keeping anything, a
session ends with its operator, and the token itself is in no browser's cookies. Sessions open pages, which only show:
no other route takes one.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cloud.identity.operators import Operator, OperatorAuthenticator

COOKIE = "fedex_operator"
LIFE_S = 12 * 3600
MAX_DIGITS = 12

_CONTEXT = b"fedex-session-1"


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of all operators."""

    operators: OperatorAuthenticator

    def open(self, token: str, *, now: int) -> str:
        """Return a cookie for an operator's token.

        Raises:
            Unauthenticated: it is none.
            StoreError: the store failed.
        """
        operator = self.operators.authenticate(f"Bearer {token}")
        expires = str(now + LIFE_S)
        return f"{operator.id}.{expires}.{_seal(operator, expires)}"

    def operator(self, cookie: str, *, now: int) -> Operator | None:
        """Return whose session a cookie is, or None where it is none, or one that ended.

        Raises:
            StoreError: the store failed.
        """
        id_, _, rest = cookie.partition(".")
        expires, _, seal = rest.partition(".")
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= MAX_DIGITS and now < int(expires)):
            return None
        operator = self.operators.find(id_)
        if operator is None or not hmac.compare_digest(_seal(operator, expires).encode(), seal.encode()):
            return None
        return operator


def _seal(operator: Operator, expires: str) -> str:
    message = b"\0".join((_CONTEXT, operator.id.encode(), expires.encode()))
    return hmac.new(bytes.fromhex(operator.token_sha256), message, hashlib.sha256).hexdigest()
