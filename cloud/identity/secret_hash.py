"""What is kept of a secret in place of it."""

from __future__ import annotations

import hashlib


def hash_secret(secret: str) -> str:
    """Return the sha256 of a secret, which is all that is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()
