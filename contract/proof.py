"""Proofs: a service shows a device that it keeps the device's record, before the device sends it the token.

::

    key   = SHA-256(token)                  of the whole token; what the service keeps of it
    proof = HMAC-SHA256(key, "fedex-service-proof-1" + nonce + device)

The device asks with a new nonce each time, so that no proof can be shown twice. Only the service makes proofs, and the
key is used for nothing else, so that nothing which a device says can be shown as one.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from contract.documents import encode_base64, encode_json, parse_document
from contract.errors import Impossible

MAX_PROOF_DOCUMENT_BYTES = 4 << 10
NONCE_BYTES = 32
PROOF_BYTES = 32
_PURPOSE = b"fedex-service-proof-1"


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """What a device says to have a service prove itself: a nonce that it has never used."""

    nonce: bytes

    @classmethod
    def parse(cls, data: bytes) -> "ProofRequest":
        """Read a request. Raises `Malformed`, `TooLarge` or `Impossible`."""
        return cls(_parse_only("nonce", data, length=NONCE_BYTES))

    def encode(self) -> bytes:
        """Write the request."""
        return encode_json({"nonce": encode_base64(self.nonce)})


@dataclass(frozen=True, slots=True)
class ProofReply:
    """What a service answers; whether it is right, the device alone can tell."""

    proof: bytes

    @classmethod
    def parse(cls, data: bytes) -> "ProofReply":
        """Read a reply. Raises `Malformed`, `TooLarge` or `Impossible`."""
        return cls(_parse_only("proof", data, length=PROOF_BYTES))

    def encode(self) -> bytes:
        """Write the reply."""
        return encode_json({"proof": encode_base64(self.proof)})


@dataclass(frozen=True, slots=True)
class ProofKey:
    """What makes the proofs to one device, on the service, and judges them, on the device."""

    device: str
    """Its id."""
    key: bytes = field(repr=False)
    """The sha256 of its token, 32 bytes."""

    @classmethod
    def of(cls, token: str, *, device: str) -> "ProofKey":
        """Make the key of a device that has this token."""
        return cls(device, hashlib.sha256(token.encode()).digest())

    def prove(self, request: ProofRequest) -> ProofReply:
        """Answer what nobody can without the key, and to no other nonce or device."""
        message = _PURPOSE + request.nonce + self.device.encode()
        return ProofReply(hmac.digest(self.key, message, "sha256"))

    def accepts(self, reply: ProofReply, *, request: ProofRequest) -> bool:
        """Tell whether a reply is the proof that was asked for, in constant time."""
        return hmac.compare_digest(reply.proof, self.prove(request).proof)


def _parse_only(key: str, data: bytes, *, length: int) -> bytes:
    fields = parse_document(data, where="proof", max_bytes=MAX_PROOF_DOCUMENT_BYTES)
    value = fields.binary(key, max_bytes=length)
    _check_length(value, length, where=fields.place(key))
    return value


def _check_length(value: bytes, length: int, *, where: str) -> None:
    if len(value) != length:
        raise Impossible(where, expected=f"{length} bytes", got=f"{len(value)} bytes")
