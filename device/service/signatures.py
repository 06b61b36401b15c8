"""Verifies Ed25519 signatures of envelopes."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.envelope import Envelope, key_id


def verifies(envelope: Envelope, key: bytes) -> bool:
    """Tell whether one of an envelope's signatures is that of a public key (raw, 32 bytes), over type and payload."""
    own = key_id(key)
    return any(_fits(one.signature, envelope.signed_bytes(), key) for one in envelope.signatures if one.key_id == own)


def _fits(signature: bytes, message: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
