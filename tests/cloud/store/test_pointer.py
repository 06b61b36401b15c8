"""A pointer knows its own writes, whatever became of the answers."""

import builtins
from collections.abc import Callable

import pytest

from cloud.errors import Damaged, LostRace, Unavailable, Uncertain
from cloud.store import MAX_LISTED, ByteRange, ListedObject, ObjectStat, ObjectStore, StoredObject
from cloud.store.pointer import MAX_ANCESTORS, read, swap
from contract.callbacks import ignore

KEY = "dataset/home/HEAD"


class Unreliable:
    """A store whose next conditional writes go wrong as planned."""

    def __init__(self, store: ObjectStore, *plan: str) -> None:
        self._store = store
        self._plan = list(plan)
        self._late: Callable[[], str] = str
        self.on_next_read: Callable[[], object] = ignore

    def prepare(self) -> None:
        self._store.prepare()

    def put(self, key: str, body: bytes) -> str:
        return self._store.put(key, body)

    def stat(self, key: str) -> ObjectStat:
        return self._store.stat(key)

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        return self._store.list(prefix, after=after, limit=limit)

    def entries(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> builtins.list[ListedObject]:
        return self._store.entries(prefix, after=after, limit=limit)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def get(self, key: str, byte_range: ByteRange | None = None) -> StoredObject:
        if self._plan[:1] == ["no read"]:
            raise Unavailable(key, "cut off")
        self.on_next_read()
        return self._store.get(key, byte_range)

    def put_if_absent(self, key: str, body: bytes) -> str:
        return self._write(key, lambda: self._store.put_if_absent(key, body))

    def add(self, key: str, body: bytes) -> None:
        self.put_if_absent(key, body)

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        return self._write(key, lambda: self._store.put_if_match(key, body, etag=etag))

    def _write(self, key: str, write: Callable[[], str]) -> str:
        fault = self._plan.pop(0) if self._plan else ""
        self._late()
        if fault == "lands late":
            self._late = write
        if fault in ("lost before", "lands late"):
            raise Uncertain(key, "no answer")
        etag = write()
        if fault == "lost after":
            raise Uncertain(key, "no answer")
        return etag


def test_there_is_no_pointer_at_first(store: ObjectStore) -> None:
    assert read(store, KEY) is None


def test_what_was_swapped_in_is_read_back(store: ObjectStore) -> None:
    pointer = swap(store, KEY, previous=None, document={"shards": 1})
    assert read(store, KEY) == pointer
    assert pointer.document["shards"] == 1


def test_a_swap_names_its_ancestors_the_nearest_first(store: ObjectStore) -> None:
    pointer = None
    commits: list[str] = []
    for number in range(MAX_ANCESTORS + 3):
        pointer = swap(store, KEY, previous=pointer, document={"number": number})
        assert pointer.ancestors == tuple(commits[::-1][:MAX_ANCESTORS])
        commits.append(pointer.commit)


def test_of_two_writers_the_later_one_loses_and_nothing_of_it_is_there(store: ObjectStore) -> None:
    first = swap(store, KEY, previous=None, document={"by": "first"})
    mine = swap(store, KEY, previous=first, document={"by": "me"})
    with pytest.raises(LostRace, match=f"expected to follow {first.commit}, got {mine.commit}"):
        swap(store, KEY, previous=first, document={"by": "the other"})
    assert read(store, KEY) == mine


def test_of_two_first_writers_one_loses(store: ObjectStore) -> None:
    swap(store, KEY, previous=None, document={"by": "me"})
    with pytest.raises(LostRace, match="expected to follow nothing"):
        swap(store, KEY, previous=None, document={"by": "the other"})


def test_a_b_a_does_not_look_unchanged(store: ObjectStore) -> None:
    """ETags follow contents: without a random commit, the stale writer's condition would hold again."""
    a = swap(store, KEY, previous=None, document={"says": "A"})
    b = swap(store, KEY, previous=a, document={"says": "B"})
    swap(store, KEY, previous=b, document={"says": "A"})
    with pytest.raises(LostRace):
        swap(store, KEY, previous=a, document={"says": "C"})


@pytest.mark.parametrize("fault", ["lost after", "lost before"])
def test_a_lost_answer_is_not_a_lost_race(store: ObjectStore, fault: str) -> None:
    first = swap(store, KEY, previous=None, document={"number": 1})
    second = swap(Unreliable(store, fault), KEY, previous=first, document={"number": 2})
    assert read(store, KEY) == second
    assert second.document["number"] == 2


@pytest.mark.parametrize("fault", ["lost after", "lost before"])
def test_the_first_answer_may_be_lost_as_well(store: ObjectStore, fault: str) -> None:
    pointer = swap(Unreliable(store, fault), KEY, previous=None, document={"number": 1})
    assert read(store, KEY) == pointer


def test_a_write_that_lands_late_is_recognised(store: ObjectStore) -> None:
    """No answer, the read-back still shows the old document, and only then the write arrives."""
    first = swap(store, KEY, previous=None, document={"number": 1})
    second = swap(Unreliable(store, "lands late"), KEY, previous=first, document={"number": 2})
    assert read(store, KEY) == second
    assert second.document["number"] == 2


def test_a_lost_answer_is_recognised_even_after_others_built_on_it(store: ObjectStore) -> None:
    first = swap(store, KEY, previous=None, document={"number": 1})
    lossy = Unreliable(store, "lost after")

    def build_on_it() -> None:
        lossy.on_next_read = lambda: None
        swap(store, KEY, previous=read(store, KEY), document={"number": 3})

    lossy.on_next_read = build_on_it
    mine = swap(lossy, KEY, previous=first, document={"number": 2})
    assert mine.document["number"] == 2
    with pytest.raises(LostRace):
        swap(store, KEY, previous=mine, document={"number": 4})


def test_a_lost_answer_and_another_winner_is_a_lost_race(store: ObjectStore) -> None:
    first = swap(store, KEY, previous=None, document={"number": 1})
    lossy = Unreliable(store, "lost before")

    def overtake() -> None:
        lossy.on_next_read = lambda: None
        swap(store, KEY, previous=first, document={"number": 3})

    lossy.on_next_read = overtake
    with pytest.raises(LostRace):
        swap(lossy, KEY, previous=first, document={"number": 2})


def test_a_store_that_never_answers_leaves_it_uncertain(store: ObjectStore) -> None:
    first = swap(store, KEY, previous=None, document={"number": 1})
    with pytest.raises(Uncertain):
        swap(Unreliable(store, *["lost before"] * 3), KEY, previous=first, document={"number": 2})


def test_what_cannot_be_read_back_is_uncertain(store: ObjectStore) -> None:
    first = swap(store, KEY, previous=None, document={"number": 1})
    with pytest.raises(Uncertain, match="cannot be read back"):
        swap(Unreliable(store, "lost after", "no read"), KEY, previous=first, document={"number": 2})


def test_a_swap_keeps_what_a_later_version_added_and_changes_what_it_knows(store: ObjectStore) -> None:
    first = swap(store, KEY, previous=None, document={"number": 1, "added": {"by": "a later version"}})
    second = swap(store, KEY, previous=first, document={"number": 2})
    assert read(store, KEY) == second
    assert (second.document["number"], second.document["added"]) == (2, {"by": "a later version"})


NO_POINTERS = [
    pytest.param(b"", ": expected JSON in UTF-8", id="empty"),
    pytest.param(b"{", ": expected JSON in UTF-8", id="cut off"),
    pytest.param(b"\xff", ": expected JSON in UTF-8", id="not UTF-8"),
    pytest.param(b"[]", ": expected a JSON object", id="a list"),
    pytest.param(b"{}", ".ancestors: expected a list, got nothing", id="without ancestors"),
    pytest.param(b'{"commit": 1, "ancestors": []}', ".commit: expected a string, got 1", id="a number as commit"),
    pytest.param(b'{"commit": "a", "ancestors": [1]}', ".ancestors.0: expected a string, got 1", id="a number in it"),
]


@pytest.mark.parametrize(("body", "said"), NO_POINTERS)
def test_another_document_is_damaged_and_the_message_says_where(store: ObjectStore, body: bytes, said: str) -> None:
    store.put(KEY, body)
    with pytest.raises(Damaged, match=f"^{KEY}{said}"):
        read(store, KEY)
