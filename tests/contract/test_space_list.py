"""Lists of spaces: what is written is read, and what cannot be right is refused by name."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.documents import encode_json
from contract.errors import ContractError, Impossible, Malformed, TooLarge, UnsupportedVersion
from contract.space_list import MAX_SPACES, MAX_SPACES_BYTES, SpaceList

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
LIST = SpaceList("home", 3, 1_760_000_000, 1_762_592_000, current=frozenset({A, B}), retired=frozenset({C}))
NAMES = st.sets(st.integers(0, 99).map("{:064x}".format), max_size=20)


@given(NAMES, NAMES, st.integers(1, 2**53 - 1))
def test_a_list_is_read_back(current: set[str], retired: set[str], serial: int) -> None:
    listed = SpaceList("home", serial, 5, 6, current=frozenset(current - retired), retired=frozenset(retired))
    assert SpaceList.parse(listed.encode()) == listed


def test_unknown_keys_and_states_of_a_later_version_are_ignored() -> None:
    document = json.loads(LIST.encode())
    document |= {"colour": "blue", "spaces": [*document["spaces"], {"space": "d" * 64, "state": "asleep", "since": 7}]}
    assert SpaceList.parse(encode_json(document)) == LIST


def test_the_longest_list_is_within_its_bound() -> None:
    names = frozenset(f"{number:064x}" for number in range(MAX_SPACES))
    longest = SpaceList("g" * 63, 2**53 - 1, 2**52, 2**53 - 1, current=frozenset(), retired=names)
    assert len(longest.encode()) * 4 // 3 + 1024 < MAX_SPACES_BYTES


HOSTILE: list[tuple[dict[str, Any], type[ContractError], str]] = [
    ({"format": 2}, UnsupportedVersion, "spaces.format: expected 1, got 2"),
    ({"group": "Home"}, Malformed, "spaces.group: expected text like"),
    ({"serial": 0}, Impossible, "spaces.serial: expected an integer from 1"),
    ({"expires": 1_760_000_000}, Impossible, "spaces.expires: expected an integer from 1760000001"),
    ({"spaces": {}}, Malformed, "spaces.spaces: expected a list"),
    ({"spaces": [A]}, Malformed, "spaces.spaces.0: expected an object"),
    ({"spaces": [{"space": "a", "state": "current"}]}, Malformed, "spaces.spaces.0.space: expected text like"),
    ({"spaces": [{"space": A, "state": None}]}, Malformed, "spaces.spaces.0.state: expected a string"),
    (
        {"spaces": [{"space": A, "state": "current"}, {"space": A, "state": "retired"}]},
        Impossible,
        "spaces.spaces: expected each space once, got 2 of 1",
    ),
    ({"spaces": [{}] * (MAX_SPACES + 1)}, TooLarge, "spaces.spaces: expected at most 1000 items"),
]


@pytest.mark.parametrize(("change", "error", "message"), HOSTILE)
def test_a_hostile_list_is_refused_by_name(change: dict[str, Any], error: type[ContractError], message: str) -> None:
    document = json.loads(LIST.encode()) | change
    with pytest.raises(error, match=re.escape(message)):
        SpaceList.parse(encode_json(document))
