"""Chains of keys, invitations and device ids: the vectors of the golden files, and their making."""

import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.device_id import device_id
from contract.documents import Json, encode_base64, encode_json
from contract.envelope import Envelope, Signature, key_id, pae
from contract.errors import ContractError
from contract.invitation import Invitation, fingerprint, parse_fingerprint
from contract.key_chain import KEY_LINK_PAYLOAD_TYPE, KeyChain, KeyLink
from contract.manifest import MANIFEST_PAYLOAD_TYPE

ISSUED = 1_800_000_000
A_KEY = "6e340b9cffb37a989ca544e6bb780a2c"
BEFORE_CODE = "fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code="
FILLED = f"{BEFORE_CODE}kitchen-42&key={A_KEY}&later="
TAKEN = [
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY}",
    f"fedex://enrol?code=a%2Bb%26c%3D%25%3F%23&key={A_KEY}&later=1&url=http%3A%2F%2F127.0.0.1%3A8000%2Ffedex&v=1",
    f"{BEFORE_CODE}{'k' * 128}&key={A_KEY}",
    f"{BEFORE_CODE}%21~-._%7C&key={A_KEY}",
    f"{FILLED}%C3%A9%F0%9F%98%80&%C3%A9=&co=de",
    f"{FILLED}{'x' * (2048 - len(FILLED))}",
]
"""The first is as a writer writes it."""
NO_CODES = [
    *("kitchen%FF", "%C3%28", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "caf%E9", "caf%C3%A9", "caf\u00e9"),
    *(
        "kitchen%",
        "kitchen%4",
        "kitchen%4g",
        "kitchen%%34",
        "kitchen% 4",
        "%u0041",
        "%2d42",
        "kitchen%2D42",
        "%6Bitchen",
    ),
    *("", "kitchen=42", "kitchen 42", "kitchen#42", "%7F"),
]
"""No UTF-8 or too long for it, no ASCII, escapes that are none, escapes of what needs none, and no value at all."""
NO_PARTS = ["later=%FF", "later=%4", "later=%41", "%6Cater=1", "l%FFter=1", "later", "later=1&later=1", "c%6Fde=x"]
INVITATIONS = [
    *TAKEN,
    f"fedex://enrol?v=2&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY}",
    f"fedex://enrol?url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY}",
    f"fedex:enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY}",
    f"https://fedex.example.org/?v=1&code=kitchen-42&key={A_KEY}",
    "fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY[:-1]}",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY.upper()}",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&code=kitchen-43&key={A_KEY}",
    f"fedex://enrol?v=1&url=https://fedex.example.org&code=kitchen-42&key={A_KEY}",
    f"fedex://enrol?v=1&url=https%3a%2f%2ffedex.example.org&code=kitchen-42&key={A_KEY}",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=two+words&key={A_KEY}",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=two%20words&key={A_KEY}",
    f"fedex://enrol?v=1&url=ftp%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY}",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42%00&key={A_KEY}",
    f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key={A_KEY}&",
    f"fedex://enrol?v=1&url=https%3A%2F%2F{'x' * 2048}&code=kitchen-42&key={A_KEY}",
    *(f"{BEFORE_CODE}{code}&key={A_KEY}" for code in NO_CODES),
    *(f"{BEFORE_CODE}kitchen-42&key={A_KEY}&{more}" for more in NO_PARTS),
    f"{BEFORE_CODE}{'k' * 129}&key={A_KEY}",
    f"{FILLED}{'x' * (2049 - len(FILLED))}",
]
FINGERPRINTS = [
    A_KEY,
    "6E34-0B9C-FFB3-7A98-9CA5-44E6-BB78-0A2C",
    " 6e34 0b9c ffb3 7a98 9ca5 44e6 bb78 0a2c ",
    A_KEY[:16],
    f"{A_KEY}00",
    "",
    f"{A_KEY[:-1]}g",
    f"{A_KEY[:-1]}２",
]


def private_key(number: int) -> Ed25519PrivateKey:
    """The n-th key of the vectors; the first is that of `key.json`."""
    return Ed25519PrivateKey.from_private_bytes(bytes(range(number, number + 32)))


def public_key(number: int) -> bytes:
    return private_key(number).public_key().public_bytes_raw()


def link(old: int, new: int, *, signer: int | None = None, payload_type: str = KEY_LINK_PAYLOAD_TYPE) -> Envelope:
    """The link from one key to another, signed by the first or by somebody else."""
    signer = old if signer is None else signer
    payload = KeyLink(public_key(old), public_key(new), ISSUED).encode()
    signature = private_key(signer).sign(pae(payload_type, payload))
    return Envelope(payload, payload_type, (Signature(key_id(public_key(signer)), signature),))


def encode_chain(begin: int, *links: Envelope, **changes: Json) -> bytes:
    """A chain of any links, whether or not they go together."""
    documents = [one.document() for one in links]
    return encode_json({"format": 1, "first": encode_base64(public_key(begin)), "links": documents, **changes})


def golden_chain() -> bytes:
    return encode_chain(0, link(0, 1), link(1, 2))


def chains() -> dict[str, tuple[bytes, int]]:
    """Each chain, and the key that a device has."""
    renamed = Envelope(link(0, 1).payload, KEY_LINK_PAYLOAD_TYPE, (Signature(key_id(public_key(0)), bytes(64)),))
    twice = Envelope(link(0, 1).payload, KEY_LINK_PAYLOAD_TYPE, (*renamed.signatures, *link(0, 1).signatures))
    return {
        "no rotation yet": (encode_chain(0), 0),
        "one rotation": (encode_chain(0, link(0, 1)), 0),
        "three rotations at once": (encode_chain(0, link(0, 1), link(1, 2), link(2, 3)), 0),
        "in the middle": (encode_chain(0, link(0, 1), link(1, 2), link(2, 3)), 1),
        "nothing new": (golden_chain(), 2),
        "a second signature fits": (encode_chain(0, twice), 0),
        "it says more": (encode_chain(0, link(0, 1), later=[1]), 0),
        "the new key has signed itself": (encode_chain(0, link(0, 1, signer=1)), 0),
        "a stranger has signed": (encode_chain(0, link(0, 1, signer=9)), 0),
        "under the name of the old key": (encode_chain(0, renamed), 0),
        "a link before the device's key is not signed": (encode_chain(0, link(0, 1, signer=9), link(1, 2)), 1),
        "another type": (encode_chain(0, link(0, 1, payload_type=MANIFEST_PAYLOAD_TYPE)), 0),
        "a gap": (encode_chain(0, link(0, 1), link(2, 3)), 0),
        "out of order": (encode_chain(0, link(1, 2), link(0, 1)), 0),
        "a circle": (encode_chain(0, link(0, 1), link(1, 0)), 0),
        "to itself": (encode_chain(0, link(0, 0)), 0),
        "a fork": (encode_chain(0, link(0, 3)), 1),
        "an older chain": (encode_chain(0, link(0, 1)), 2),
        "another service": (encode_chain(7, link(7, 8)), 0),
        "another version": (encode_chain(0, link(0, 1), format=2), 0),
        "a key of 31 bytes": (encode_chain(0, first=encode_base64(bytes(31))), 0),
        "no links": (encode_chain(0, links=None), 0),
    }


def chain_vectors() -> Json:
    return [chain_vector(name, data, known) for name, (data, known) in chains().items()]


def chain_vector(name: str, data: bytes, known: int) -> Json:
    """A vector: the keys that lead on from the known one, or why the chain is refused."""
    said: dict[str, Json] = {"name": name, "chain": json.loads(data), "known": public_key(known).hex()}
    try:
        chain = KeyChain.parse(data)
        chain.check_signed(verifies)
    except ContractError as error:
        return {**said, "refused": type(error).__name__}
    if public_key(known) not in chain.keys:
        return {**said, "refused": "NotKnown"}
    later = chain.keys[chain.keys.index(public_key(known)) + 1 :]
    return {**said, "later": [key.hex() for key in later]}


def verifies(envelope: Envelope, key: bytes) -> bool:
    for signature in envelope.signatures:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature.signature, envelope.signed_bytes())
        except InvalidSignature:
            continue
        return signature.key_id == key_id(key)
    return False


def invitation_vectors() -> Json:
    return [invitation_vector(text) for text in INVITATIONS]


def invitation_vector(text: str) -> Json:
    try:
        read = Invitation.parse(text)
    except ContractError as error:
        return {"text": text, "refused": type(error).__name__}
    return {"text": text, "url": read.url, "code": read.code, "key": read.fingerprint, "written": read.encode()}


def fingerprint_vectors() -> Json:
    keys: list[Json] = [
        {"key": public_key(number).hex(), "fingerprint": fingerprint(public_key(number))} for number in range(3)
    ]
    return {"keys": keys, "typed": [typed_vector(text) for text in FINGERPRINTS]}


def typed_vector(text: str) -> Json:
    try:
        return {"typed": text, "fingerprint": parse_fingerprint(text)}
    except ContractError as error:
        return {"typed": text, "refused": type(error).__name__}


def device_id_vectors() -> Json:
    secrets = [bytes(32), bytes(range(32)), hashlib.sha256(b"a device's secret").digest()]
    return [
        {"secret": secret.hex(), "group": group, "device": device_id(secret, group=group)}
        for secret in secrets
        for group in ("home", "household-7")
    ]
