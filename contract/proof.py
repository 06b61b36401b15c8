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

from contract.documents import Json, encode_base64, encode_json, parse_document
from contract.errors import Impossible

MAX_PROOF_DOCUMENT_BYTES = 4 << 10
NONCE_BYTES = 32
PROOF_BYTES = 32
MAX_NEXT_PROOFS = 16
_PURPOSE = b"fedex-service-proof-1"


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """What a device says to have a service prove itself: a nonce that it has never used."""

    nonce: bytes

    @classmethod
    def parse(cls, data: bytes) -> "ProofRequest":
        """Read a request. Raises `Malformed`, `TooLarge` or `Impossible`."""
        fields = parse_document(data, where="proof", max_bytes=MAX_PROOF_DOCUMENT_BYTES)
        return cls(_checked(fields.binary("nonce", max_bytes=NONCE_BYTES), fields.place("nonce"), length=NONCE_BYTES))

    def encode(self) -> bytes:
        """Write the request."""
        return encode_json({"nonce": encode_base64(self.nonce)})


@dataclass(frozen=True, slots=True)
class ProofReply:
    """What a service answers; whether it is right, the device alone can tell."""

    proof: bytes
    next: tuple[bytes, ...] = ()
    """The proofs by tokens that were given out and have not been used yet; the device may have any of them."""

    @classmethod
    def parse(cls, data: bytes) -> "ProofReply":
        """Read a reply. Raises `Malformed`, `TooLarge` or `Impossible`."""
        fields = parse_document(data, where="proof", max_bytes=MAX_PROOF_DOCUMENT_BYTES)
        following = (
            fields.binaries("next", max_items=MAX_NEXT_PROOFS, max_bytes=PROOF_BYTES) if "next" in fields else ()
        )
        return cls(
            proof=_checked(fields.binary("proof", max_bytes=PROOF_BYTES), fields.place("proof"), length=PROOF_BYTES),
            next=tuple(_checked(proof, fields.place("next"), length=PROOF_BYTES) for proof in following),
        )

    def encode(self) -> bytes:
        """Write the reply."""
        following: dict[str, Json] = {"next": [encode_base64(proof) for proof in self.next]} if self.next else {}
        return encode_json({"proof": encode_base64(self.proof), **following})


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
        right = self.prove(request).proof
        shown = [hmac.compare_digest(one, right) for one in (reply.proof, *reply.next)]
        return any(shown)


def _checked(value: bytes, where: str, *, length: int) -> bytes:
    if len(value) != length:
        raise Impossible(where, expected=f"{length} bytes", got=f"{len(value)} bytes")
    return value
