"""What a service shows a device before it is sent the token."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.documents import encode_base64, encode_json
from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.proof import MAX_PROOF_DOCUMENT_BYTES, NONCE_BYTES, PROOF_BYTES, ProofKey, ProofReply, ProofRequest

DEVICE, TOKEN = "d-0123456789", "d-0123456789.0123456789abcdef"
KEY = ProofKey.of(TOKEN, device=DEVICE)
REQUEST = ProofRequest(bytes(range(32)))


def test_a_proof_is_the_hmac_of_purpose_nonce_and_device_by_the_hash_of_the_token() -> None:
    message = b"fedex-service-proof-1" + bytes(range(32)) + b"d-0123456789"
    key = hashlib.sha256(TOKEN.encode()).digest()
    assert KEY.prove(REQUEST).proof == hmac.new(key, message, hashlib.sha256).digest()


def test_a_proof_is_accepted() -> None:
    assert KEY.accepts(KEY.prove(REQUEST), request=REQUEST)


@pytest.mark.parametrize(
    "proof",
    [
        bytes(PROOF_BYTES),
        REQUEST.nonce,
        KEY.key,
        ProofKey.of(TOKEN + "x", device=DEVICE).prove(REQUEST).proof,
        ProofKey.of(TOKEN.partition(".")[2], device=DEVICE).prove(REQUEST).proof,
        ProofKey.of(TOKEN, device=DEVICE + "0").prove(REQUEST).proof,
        KEY.prove(ProofRequest(REQUEST.nonce[::-1])).proof,
        hmac.digest(KEY.key, REQUEST.nonce, "sha256"),
        hmac.digest(KEY.key, b"fedex-sample-1" + REQUEST.nonce + DEVICE.encode(), "sha256"),
        hmac.digest(KEY.key.hex().encode(), b"fedex-service-proof-1" + REQUEST.nonce + DEVICE.encode(), "sha256"),
        KEY.prove(REQUEST).proof[:-1],
        KEY.prove(REQUEST).proof + b"\0",
        b"",
    ],
    ids=[
        *("zeros", "nonce", "key", "another token", "the secret alone", "another device", "another nonce"),
        *("no purpose", "another purpose", "key in hexadecimal", "shorter", "longer", "empty"),
    ],
)
def test_nothing_else_is(proof: bytes) -> None:
    assert not KEY.accepts(ProofReply(proof), request=REQUEST)


@given(st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES), st.integers(0, 8 * PROOF_BYTES - 1))
def test_a_proof_with_one_bit_changed_is_none(nonce: bytes, bit: int) -> None:
    request = ProofRequest(nonce)
    proof = int.from_bytes(KEY.prove(request).proof, "big") ^ (1 << bit)
    assert not KEY.accepts(ProofReply(proof.to_bytes(PROOF_BYTES, "big")), request=request)


def test_of_several_proofs_one_must_be_right() -> None:
    """A device that was given another token may have that one, or the one before."""
    right, wrong = KEY.prove(REQUEST).proof, bytes(PROOF_BYTES)
    assert KEY.accepts(ProofReply(right, next=(wrong,)), request=REQUEST)
    assert KEY.accepts(ProofReply(wrong, next=(wrong, right)), request=REQUEST)
    assert not KEY.accepts(ProofReply(wrong, next=(wrong, wrong)), request=REQUEST)
    assert not KEY.accepts(ProofReply(wrong), request=REQUEST)
    several = ProofReply(right, next=(wrong, right))
    assert ProofReply.parse(several.encode()) == several
    with pytest.raises(Impossible, match=r"^proof\.next: expected 32 bytes"):
        ProofReply.parse(encode_json({"proof": encode_base64(right), "next": [""]}))
    with pytest.raises(TooLarge, match=r"^proof\.next: expected at most 16 items"):
        ProofReply.parse(ProofReply(right, next=(wrong,) * 17).encode())


def test_request_and_reply_are_read_back_and_may_say_more() -> None:
    reply = KEY.prove(REQUEST)
    assert ProofRequest.parse(REQUEST.encode()) == REQUEST
    assert ProofReply.parse(reply.encode()) == reply
    assert ProofReply.parse(encode_json({**json.loads(reply.encode()), "later": [1]})) == reply


HOSTILE: list[tuple[str | int | None, type[ContractError]]] = [
    (None, Malformed),
    (7, Malformed),
    ("", Impossible),
    ("AAAA", Impossible),
    (encode_base64(bytes(31)), Impossible),
    (encode_base64(bytes(33)), TooLarge),
    (encode_base64(bytes(64)), TooLarge),
    (encode_base64(bytes(32)).rstrip("="), Malformed),
    (bytes(32).hex(), TooLarge),
    (encode_base64(b"\xff" * 32).replace("/", "_"), Malformed),
]


@pytest.mark.parametrize(("value", "error"), HOSTILE, ids=str)
@pytest.mark.parametrize(("kind", "key"), [(ProofRequest, "nonce"), (ProofReply, "proof")])
def test_another_length_or_form_is_refused(
    kind: type[ProofRequest | ProofReply], key: str, value: str | int | None, error: type[ContractError]
) -> None:
    with pytest.raises(error, match=rf"^proof\.{key}: expected"):
        kind.parse(encode_json({key: value}))


@pytest.mark.parametrize("kind", [ProofRequest, ProofReply])
def test_what_is_no_document_of_a_proof_is_refused(kind: type[ProofRequest | ProofReply]) -> None:
    for data in (b"", b"{}", b"[]", b"true", b"\xff"):
        with pytest.raises(Malformed, match=r"^proof"):
            kind.parse(data)
    with pytest.raises(TooLarge, match="at most 4096 bytes"):
        kind.parse(b" " * (MAX_PROOF_DOCUMENT_BYTES + 1))


def test_a_key_shows_the_device_and_not_itself() -> None:
    assert repr(KEY) == "ProofKey(device='d-0123456789')"
