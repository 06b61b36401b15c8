"""Chains of keys: one line, within bounds, each link signed by the key before."""

import json
from pathlib import Path

import pytest

from contract.documents import encode_base64, encode_json
from contract.envelope import Envelope, Signature
from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.key_chain import MAX_KEY_CHAIN_BYTES, MAX_LINKS, KeyChain, KeyLink
from tests.contract.key_vectors import chains, encode_chain, golden_chain, link, public_key, verifies

GOLDEN = Path(__file__).parent / "golden"
REFUSED = {
    "the new key has signed itself": "Impossible",
    "a stranger has signed": "Impossible",
    "under the name of the old key": "Impossible",
    "a link before the device's key is not signed": "Impossible",
    "another type": "Impossible",
    "a gap": "Impossible",
    "out of order": "Impossible",
    "a circle": "Impossible",
    "to itself": "Impossible",
    "a fork": "NotKnown",
    "an older chain": "NotKnown",
    "another service": "NotKnown",
    "another version": "UnsupportedVersion",
    "a key of 31 bytes": "Impossible",
    "no links": "Malformed",
}


def unsigned_link(old: int, new: int) -> Envelope:
    payload = KeyLink(old.to_bytes(32, "big"), new.to_bytes(32, "big"), 0).encode()
    return Envelope(payload, "application/vnd.fedex.key+json", (Signature("0" * 16, bytes(64)),))


def test_what_the_golden_chains_lead_to_is_what_was_meant() -> None:
    vectors = json.loads((GOLDEN / "key-chains.json").read_bytes())
    assert {one["name"]: one["refused"] for one in vectors if "refused" in one} == REFUSED
    led = {one["name"]: len(one["later"]) for one in vectors if "later" in one}
    assert led == {
        "no rotation yet": 0,
        "one rotation": 1,
        "three rotations at once": 3,
        "in the middle": 2,
        "nothing new": 0,
        "a second signature fits": 1,
        "it says more": 1,
    }


def test_a_chain_is_read_back_and_ends_with_the_newest_key() -> None:
    chain = KeyChain.parse(golden_chain())
    assert chain.encode() == golden_chain()
    assert chain.keys == (public_key(0), public_key(1), public_key(2))
    assert chain.newest == public_key(2)
    chain.check_signed(verifies)


def test_a_chain_goes_on_from_those_that_it_begins_with_and_no_others() -> None:
    chain = KeyChain.parse(golden_chain())
    for shorter in (KeyChain((public_key(0),)), KeyChain((public_key(0),)).extended(link(0, 1)), chain):
        assert chain.continues(shorter)
    for other in (KeyChain((public_key(1),)), KeyChain((public_key(0),)).extended(link(0, 2))):
        assert not chain.continues(other)
    assert not KeyChain((public_key(0),)).continues(chain)


@pytest.mark.parametrize("name", [name for name, refusal in REFUSED.items() if refusal != "NotKnown"])
def test_a_refusal_names_the_place_and_fits_one_line(name: str) -> None:
    data, _ = chains()[name]
    with pytest.raises(ContractError) as refused:
        KeyChain.parse(data).check_signed(verifies)
    assert str(refused.value).startswith("keys")
    assert str(refused.value).isprintable()


def test_the_longest_chain_is_within_its_bound_and_a_longer_one_is_too_large() -> None:
    chain = KeyChain((bytes(32),))
    for number in range(MAX_LINKS):
        chain = chain.extended(unsigned_link(number, number + 1))
    assert len(chain.encode()) <= MAX_KEY_CHAIN_BYTES
    assert KeyChain.parse(chain.encode()) == chain
    with pytest.raises(TooLarge, match="at most 256 items"):
        KeyChain.parse(chain.extended(unsigned_link(MAX_LINKS, MAX_LINKS + 1)).encode())
    with pytest.raises(TooLarge, match=f"at most {MAX_KEY_CHAIN_BYTES} bytes"):
        KeyChain.parse(b" " * (MAX_KEY_CHAIN_BYTES + 1))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"old": None}, Malformed),
        ({"new": encode_base64(bytes(33))}, TooLarge),
        ({"new": encode_base64(bytes(16))}, Impossible),
        ({"issued": "today"}, Malformed),
        ({"issued": -1}, Impossible),
        ({"format": 2}, Malformed),
    ],
    ids=str,
)
def test_a_hostile_link_is_refused(change: dict[str, str | int | None], error: type[ContractError]) -> None:
    payload = encode_json({**json.loads(link(0, 1).payload), **change})
    hostile = Envelope(payload, "application/vnd.fedex.key+json", link(0, 1).signatures)
    with pytest.raises(error, match=r"^keys\.links\.0"):
        KeyChain.parse(encode_chain(0, hostile))
