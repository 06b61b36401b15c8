"""What operators decided about devices and labels of a group."""

import pytest

from cloud.dataset import admission
from cloud.dataset.admission import Admission
from cloud.errors import NothingToDo
from cloud.identity import devices
from cloud.store import ObjectStore, keys
from tests.cloud.conftest import DEVICE


def test_a_label_is_allowed_in_any_spelling_and_in_its_group_alone(store: ObjectStore) -> None:
    admission.allow(store, "home", "Zoë of the House")
    assert admission.read(store, "home").allows("ZOË of the house")
    assert not admission.read(store, "home").allows("Zoe")
    assert not admission.read(store, "home-2").allows("Zoë of the House")


def test_no_name_stands_in_a_key(store: ObjectStore) -> None:
    admission.allow(store, "home", "Zoe")
    [key] = store.list(keys.ALLOWED)
    assert "zoe" not in key.lower()
    assert store.get(key).body == b""


def test_deciding_the_same_twice_is_said(store: ObjectStore) -> None:
    with pytest.raises(NothingToDo, match="Zoe: expected a label that is allowed, got one that is not"):
        admission.disallow(store, "home", "Zoe")
    admission.allow(store, "home", "Zoe")
    with pytest.raises(NothingToDo, match="ZOE: expected a label that is not allowed, got one that is"):
        admission.allow(store, "home", "ZOE")
    admission.disallow(store, "home", "zoe")
    assert admission.read(store, "home") == Admission()


def test_the_id_tells_decisions_apart(store: ObjectStore, space: str) -> None:
    assert Admission().id == ""
    devices.exclude(store, DEVICE)
    excluded = admission.read(store, "home")
    assert excluded.excluded == {DEVICE}
    admission.allow(store, "home", "Zoe")
    both = admission.read(store, "home")
    devices.readmit(store, DEVICE)
    allowed = admission.read(store, "home")
    a, b = frozenset({"a"}), frozenset({"b"})
    same_text = [Admission(a, b), Admission(b, a), Admission(a | b), Admission(frozenset(), a | b)]
    ids = [one.id for one in (excluded, both, allowed, *same_text)]
    assert len(set(ids)) == len(ids)
    assert "" not in ids
    assert Admission(frozenset({"b", "a"})).id == Admission(frozenset({"a", "b"})).id
