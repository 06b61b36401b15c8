"""Envelopes: signed bytes in the DSSE form. No cryptography is done here: who signs and who verifies bring it.

    {"payload": "<base64>", "payloadType": "...", "signatures": [{"keyid": "<16 hex>", "sig": "<base64>"}]}

What is signed is not the payload but `pae(type, payload)`, so that no payload of one type passes for another.
Source: DSSE v1.0.0, https://github.com/secure-systems-lab/dsse.
"""

import hashlib
from dataclasses import dataclass

from contract.documents import Fields, Json, encode_base64, encode_json, parse_document
from contract.errors import ContractError, Impossible, shown
from contract.patterns import KEY_ID_PATTERN, NAME_PATTERN

ENVELOPE_MEDIA_TYPE = "application/vnd.fedex.envelope+json"
MAX_ENVELOPE_BYTES = 4 << 20
MAX_SIGNATURES = 16
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Signature:
    """One Ed25519 signature, 64 bytes, by the key of that id. Not verified."""

    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """Exact payload bytes with their type and signatures. Nothing in it may be believed before it is verified."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes, *, max_bytes: int = MAX_ENVELOPE_BYTES) -> "Envelope":
        """Read an envelope of at most `max_bytes`, with 1 to 16 signatures; those of another kind are left out.

        Raises:
            TooLarge, Malformed, Impossible: not an envelope, or without a signature of this kind.
        """
        return cls.of(parse_document(data, where="envelope", max_bytes=max_bytes), max_bytes=max_bytes)

    @classmethod
    def of(cls, fields: Fields, *, max_bytes: int = MAX_ENVELOPE_BYTES) -> "Envelope":
        """Read an envelope that is an object of a document; raises as `parse` does."""
        return cls(
            payload=fields.binary("payload", max_bytes=max_bytes),
            payload_type=fields.name("payloadType", NAME_PATTERN),
            signatures=_parse_signatures(fields),
        )

    def encode(self) -> bytes:
        """Write the envelope; the same envelope gives the same bytes."""
        return encode_json(self.document())

    def document(self) -> dict[str, Json]:
        """Describe the envelope as it stands in a document."""
        return {
            "payload": encode_base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": one.key_id, "sig": encode_base64(one.signature)} for one in self.signatures],
        }

    def signed_bytes(self) -> bytes:
        """Return what the signatures are of."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Encode type and payload for signing: DSSE's pre-authentication encoding."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def key_id(public_key: bytes) -> str:
    """Name a raw Ed25519 public key: the first 16 hex digits of its sha256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def _parse_signatures(fields: Fields) -> tuple[Signature, ...]:
    values = fields.items("signatures", max_items=MAX_SIGNATURES)
    signatures = tuple(signature for signature in map(_parse_signature, values) if signature is not None)
    if not signatures:
        expected = f"a signature of {SIGNATURE_BYTES} bytes with its key's id"
        raise Impossible(fields.place("signatures"), expected=expected, got=shown(values))
    return signatures


def _parse_signature(value: Json) -> Signature | None:
    if not isinstance(value, dict):
        return None
    fields = Fields(value, where="envelope.signatures")
    try:
        key, signature = fields.name("keyid", KEY_ID_PATTERN), fields.binary("sig", max_bytes=SIGNATURE_BYTES)
    except ContractError:
        return None  # of a kind that came later, or broken: either way no key of ours has made it
    return Signature(key, signature) if len(signature) == SIGNATURE_BYTES else None
