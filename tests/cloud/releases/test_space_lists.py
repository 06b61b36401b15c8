"""The signed lists of spaces: renewed as releases are, and written anew when a space is retired."""

from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import Damaged, ListFull, LostRace, NothingToDo
from cloud.releases import space_lists
from cloud.releases.signing import SigningKey, load_or_create, rotate
from cloud.releases.space_lists import SpaceLister
from cloud.store import ObjectStore, keys, open_store
from contract.space_list import MAX_SPACES, SPACES_PAYLOAD_TYPE, SpaceList

NOW, LIFE_S = 1_800_000_000, 3600
A, B = "a" * 64, "b" * 64


@pytest.fixture
def key(tmp_path: Path, directory_store: ObjectStore) -> SigningKey:
    return load_or_create(tmp_path / "state", directory_store)


@pytest.fixture
def lister(directory_store: ObjectStore, key: SigningKey) -> SpaceLister:
    return SpaceLister(directory_store, key, LIFE_S)


def read(lister: SpaceLister) -> SpaceList:
    signed = space_lists.read(lister.store, "home")
    assert signed is not None
    assert signed.envelope.payload_type == SPACES_PAYLOAD_TYPE
    assert lister.key.has_signed(signed.envelope)
    return signed.spaces


def test_the_first_list_names_what_is_registered(lister: SpaceLister) -> None:
    assert space_lists.read(lister.store, "home") is None
    lister.renew("home", registered=[A, B], now=NOW)
    assert read(lister) == SpaceList("home", 1, NOW, NOW + LIFE_S, frozenset({A, B}), frozenset())


@pytest.mark.parametrize(
    ("registered", "after_s", "serial"),
    [([A], LIFE_S / 2 - 1, 1), ([A], LIFE_S / 2, 2), ([A, B], 1, 2), ([], 1, 2)],
)
def test_a_list_is_signed_anew_at_half_of_its_life_or_when_it_changes(
    lister: SpaceLister, registered: list[str], after_s: float, serial: int
) -> None:
    lister.renew("home", registered=[A], now=NOW)
    lister.renew("home", registered=registered, now=NOW + after_s)
    assert (read(lister).serial, read(lister).current) == (serial, frozenset(registered))


def test_a_space_is_retired_for_one_group_and_stays_so_when_the_list_is_renewed(lister: SpaceLister) -> None:
    lister.renew("work", registered=[A, B], now=NOW)
    lister.retire("home", A, registered=[A, B], now=NOW)
    assert (read(lister).current, read(lister).retired) == (frozenset({B}), frozenset({A}))
    lister.renew("home", registered=[A, B], now=NOW + LIFE_S)
    assert (read(lister).serial, read(lister).retired) == (2, frozenset({A}))
    work = space_lists.read(lister.store, "work")
    assert work is not None
    assert work.spaces.retired == frozenset()


def test_a_retirement_is_taken_back(lister: SpaceLister) -> None:
    lister.retire("home", A, registered=[A], now=NOW)
    lister.restore("home", A, registered=[A], now=NOW + 1)
    assert (read(lister).serial, read(lister).current, read(lister).retired) == (2, frozenset({A}), frozenset())


def test_there_is_nothing_to_retire_or_restore_twice(lister: SpaceLister) -> None:
    with pytest.raises(NothingToDo, match="expected a space that is retired"):
        lister.restore("home", A, registered=[A], now=NOW)
    lister.retire("home", A, registered=[A], now=NOW)
    with pytest.raises(NothingToDo, match="retired already"):
        lister.retire("home", A, registered=[A], now=NOW)


def test_a_list_names_all_that_are_retired_and_the_first_others_that_it_has_room_for(lister: SpaceLister) -> None:
    many = [f"{number:064x}" for number in range(MAX_SPACES)]
    lister.retire("home", B, registered=[A, *many, B], now=NOW)
    assert read(lister).retired == {B}
    assert read(lister).current == {A, *many[: MAX_SPACES - 2]}
    assert lister.renew("home", registered=[A, *many, B], now=NOW).serial == 1
    lister.restore("home", B, registered=[A, *many], now=NOW)
    assert read(lister).current == {B, A, *many[: MAX_SPACES - 2]}


def test_a_list_that_is_full_of_retired_spaces_takes_no_other(
    lister: SpaceLister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space_lists, "MAX_SPACES", 1)
    lister.retire("home", A, registered=[A, B], now=NOW)
    with pytest.raises(ListFull, match="expected at most 1 retired spaces, got another"):
        lister.retire("home", B, registered=[A, B], now=NOW)


def test_the_groups_with_a_list_are_found_whatever_lies_beside_them(lister: SpaceLister) -> None:
    for group in ("work", "home"):
        lister.renew(group, registered=[], now=NOW)
    lister.store.put(keys.space_list("a.stray"), b"")
    assert space_lists.groups(lister.store) == ["home", "work"]


def test_a_clock_that_was_set_back_does_not_take_back_the_time_of_issue(lister: SpaceLister) -> None:
    lister.renew("home", registered=[A], now=NOW + 1000)
    lister.retire("home", A, registered=[A], now=NOW)
    assert read(lister).issued == NOW + 1000


def test_a_list_of_the_key_before_is_signed_anew_and_a_retirement_stays(lister: SpaceLister, tmp_path: Path) -> None:
    lister.retire("home", A, registered=[A, B], now=NOW)
    rotated = replace(lister, key=rotate(tmp_path / "state", lister.store, now=NOW))
    rotated.renew("home", registered=[A, B], now=NOW + 1)
    assert (read(rotated).serial, read(rotated).retired) == (2, frozenset({A}))


def test_what_another_key_has_signed_is_not_signed_anew(lister: SpaceLister, tmp_path: Path) -> None:
    lister.renew("home", registered=[A], now=NOW)
    elsewhere = open_store(f"dir:{tmp_path / 'elsewhere'}")
    elsewhere.prepare()
    other = SpaceLister(lister.store, load_or_create(tmp_path / "other", elsewhere), LIFE_S)
    with pytest.raises(Damaged, match="expected a signature of this worker's key"):
        other.retire("home", A, registered=[A], now=NOW)


def test_of_two_that_sign_at_once_one_wins(lister: SpaceLister, monkeypatch: pytest.MonkeyPatch) -> None:
    lister.renew("home", registered=[A], now=NOW)
    stale = space_lists.read(lister.store, "home")
    lister.retire("home", A, registered=[A], now=NOW)
    monkeypatch.setattr(space_lists, "read", lambda store, group: stale)
    with pytest.raises(LostRace):
        lister.retire("home", B, registered=[A, B], now=NOW)


def test_a_list_that_is_not_what_was_written_is_damaged(lister: SpaceLister) -> None:
    lister.store.put(keys.space_list("home"), b'{"commit":"a","ancestors":[],"format":1,"envelope":{}}')
    with pytest.raises(Damaged, match="spaces-of/home"):
        space_lists.read(lister.store, "home")
