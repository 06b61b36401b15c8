"""Invitations, fingerprints and device ids."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.device_id import device_id
from contract.errors import ContractError, Malformed
from contract.invitation import Invitation, fingerprint, parse_fingerprint, shown_fingerprint
from contract.patterns import DEVICE_PATTERN, FINGERPRINT_PATTERN
from tests.contract.key_vectors import A_KEY, INVITATIONS, TAKEN, public_key

GOLDEN = Path(__file__).parent / "golden"
VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F))


@given(
    code=st.text(VISIBLE, min_size=1, max_size=128),
    rest=st.text(VISIBLE, min_size=1, max_size=200),
    digits=st.text(string.hexdigits[:16], min_size=32, max_size=32),
)
def test_an_invitation_is_read_back(code: str, rest: str, digits: str) -> None:
    invited = Invitation(f"https://{rest}", code, digits)
    assert Invitation.parse(invited.encode()) == invited


def test_an_invitation_is_written_as_the_golden_one() -> None:
    assert Invitation("https://fedex.example.org", "kitchen-42", A_KEY).encode() == INVITATIONS[0]


def test_the_first_golden_invitations_are_read_and_all_others_refused() -> None:
    vectors = json.loads((GOLDEN / "invitations.json").read_bytes())
    assert ["refused" in one for one in vectors] == [False] * len(TAKEN) + [True] * (len(INVITATIONS) - len(TAKEN))
    assert vectors[1]["code"] == "a+b&c=%?#"


@pytest.mark.parametrize(
    "value", ["kitchen%FF", "%C0%AF", "%ED%A0%80", "kitchen%2D42", "%6Bitchen", "kitchen%4", "a+b"]
)
@pytest.mark.parametrize("name", ["code", "later"])
def test_what_no_writer_writes_is_malformed_whatever_it_stands_for(name: str, value: str) -> None:
    """Of bytes that are no UTF-8 it depended on the name: another kind of refusal, or none."""
    values = {"code": "kitchen-42", "later": "1", name: value}
    asked = "&".join(f"{key}={text}" for key, text in values.items())
    with pytest.raises(Malformed):
        Invitation.parse(f"fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&key={A_KEY}&{asked}")


@pytest.mark.parametrize("text", INVITATIONS[len(TAKEN) :])
def test_a_refusal_does_not_repeat_the_code(text: str) -> None:
    with pytest.raises(ContractError) as refused:
        Invitation.parse(text)
    assert "kitchen" not in str(refused.value)
    assert "words" not in str(refused.value)


def test_a_code_stays_out_of_logs() -> None:
    assert "kitchen" not in repr(Invitation("https://fedex.example.org", "kitchen-42", A_KEY))


def test_a_fingerprint_is_read_as_it_is_shown_to_people() -> None:
    digits = fingerprint(public_key(0))
    assert FINGERPRINT_PATTERN.fullmatch(digits)
    assert parse_fingerprint(shown_fingerprint(digits)) == digits
    assert shown_fingerprint(A_KEY) == "6e34-0b9c-ffb3-7a98-9ca5-44e6-bb78-0a2c"


@pytest.mark.parametrize("text", ["", A_KEY[:-1], f"{A_KEY}0", f"{A_KEY[:-1]}x", f"{A_KEY[:-1]}²", "sha256:" + A_KEY])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="32 hexadecimal digits"):
        parse_fingerprint(text)


def test_a_device_has_another_id_in_each_group_and_for_each_secret() -> None:
    ids = [device_id(secret, group=group) for secret in (bytes(32), bytes([1] * 32)) for group in ("home", "work")]
    assert len(set(ids)) == 4
    assert all(DEVICE_PATTERN.fullmatch(one) for one in ids)
    assert device_id(bytes(32), group="home") == ids[0]
