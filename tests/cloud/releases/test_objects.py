"""Files of releases: found by their hash, whichever copy is there, and whichever goes meanwhile."""

from typing import Any

import pytest

from cloud.errors import NotFound
from cloud.releases import objects
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from contract.files import FileRef

FIRST, SECOND = Pool("home", "5" * 64), Pool("home", "6" * 64)
HEAD = b"a head"
SHA256 = FileRef.of(HEAD).sha256


def test_a_file_is_found_by_its_hash_in_its_group_alone(store: ObjectStore) -> None:
    assert objects.put(store, FIRST, HEAD, publication="1" * 16) == FileRef.of(HEAD)
    found = objects.find(store, "home", SHA256)
    assert (found.key, found.size) == (keys.object_copy(FIRST, SHA256, "1" * 16), len(HEAD))
    assert objects.read(store, "home", SHA256) == HEAD
    for group, sha256 in (("work", SHA256), ("home", "0" * 64), ("hom", SHA256)):
        with pytest.raises(NotFound, match=f"objects/{group}/{sha256}: expected an object, got none"):
            objects.read(store, group, sha256)


def test_each_publication_has_its_own_copy_and_any_will_do(store: ObjectStore) -> None:
    for pool, publication in ((FIRST, "1" * 16), (FIRST, "2" * 16), (SECOND, "1" * 16)):
        objects.put(store, pool, HEAD, publication=publication)
    copies = store.list(keys.shared_object("home", SHA256))
    assert len(copies) == 3
    for copy in copies:
        assert objects.read(store, "home", SHA256) == HEAD
        store.delete(copy)
    with pytest.raises(NotFound):
        objects.find(store, "home", SHA256)


class Swept:
    """A store in which a copy goes just before it is read."""

    def __init__(self, store: ObjectStore) -> None:
        self._store, self._left = store, 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get(self, key: str) -> Any:
        if self._left:
            self._left -= 1
            self._store.delete(key)
        return self._store.get(key)


def test_a_copy_that_goes_between_being_found_and_read_is_replaced_by_another(directory_store: ObjectStore) -> None:
    for publication in ("1" * 16, "2" * 16):
        objects.put(directory_store, FIRST, HEAD, publication=publication)
    swept: Any = Swept(directory_store)
    assert objects.read(swept, "home", SHA256) == HEAD


@pytest.mark.parametrize(
    "key", ["objects/home/README", f"objects/home/{SHA256}", f"objects/home/{SHA256}/{'5' * 64}", "objects/home/a/b.c"]
)
def test_a_key_that_is_no_copys_is_none(key: str) -> None:
    assert keys.find_object(key) is None


def test_a_copys_key_says_whose_it_is() -> None:
    copy = keys.find_object(keys.object_copy(SECOND, SHA256, "a" * 16))
    assert copy is not None
    assert (copy.pool, copy.sha256, copy.publication) == (SECOND, SHA256, "a" * 16)
