"""What both stores promise, tried on each of them."""

import json
import multiprocessing
import secrets
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from cloud.errors import AlreadyExists, NotFound, OutOfRange, PreconditionFailed
from cloud.store import ByteRange, ObjectStore, open_store, probe

SPAWN = multiprocessing.get_context("spawn")


def test_what_was_put_is_read_back_with_its_etag(store: ObjectStore) -> None:
    etag = store.put("a/b", b"content")
    stored = store.get("a/b")
    assert (stored.body, stored.etag, stored.size) == (b"content", etag, 7)


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.put("empty", b"")
    assert store.get("empty").body == b""
    assert store.stat("empty").size == 0


def test_a_large_object_comes_back_whole(store: ObjectStore) -> None:
    body = secrets.token_bytes(9 << 20)
    store.put("large", body)
    assert store.get("large").body == body


def test_putting_again_replaces(store: ObjectStore) -> None:
    store.put("a", b"first")
    store.put("a", b"second")
    assert store.get("a").body == b"second"


def test_what_is_not_there_is_not_found(store: ObjectStore) -> None:
    store.put("a/b", b"")
    for missing in ("b", "a/c", "a"):
        with pytest.raises(NotFound):
            store.get(missing)
        with pytest.raises(NotFound):
            store.stat(missing)


def test_put_if_absent_keeps_the_first(store: ObjectStore) -> None:
    store.put_if_absent("a/b", b"first")
    with pytest.raises(AlreadyExists):
        store.put_if_absent("a/b", b"second")
    assert store.get("a/b").body == b"first"


def test_what_is_added_is_an_object_unless_one_is_there(store: ObjectStore) -> None:
    store.add("a/b", b"first")
    with pytest.raises(AlreadyExists):
        store.add("a/b", b"second")
    assert store.get("a/b").body == b"first"


def test_put_if_absent_works_again_after_a_delete(store: ObjectStore) -> None:
    store.put_if_absent("a/b", b"first")
    store.delete("a/b")
    store.put_if_absent("a/b", b"second")
    assert store.get("a/b").body == b"second"


def test_put_if_match_replaces_what_was_expected(store: ObjectStore) -> None:
    first = store.put("a", b"first")
    second = store.put_if_match("a", b"second", etag=first)
    assert (store.get("a").body, store.get("a").etag) == (b"second", second)
    assert second != first


def test_put_if_match_refuses_a_stale_etag(store: ObjectStore) -> None:
    first = store.put("a", b"first")
    store.put("a", b"second")
    with pytest.raises(PreconditionFailed):
        store.put_if_match("a", b"third", etag=first)
    assert store.get("a").body == b"second"


def test_put_if_match_refuses_a_missing_object(store: ObjectStore) -> None:
    etag = store.put("a", b"first")
    store.delete("a")
    with pytest.raises(PreconditionFailed):
        store.put_if_match("a", b"second", etag=etag)
    assert store.list("") == []


def test_equal_content_has_the_etag_back_so_nobody_may_count_on_etags_alone(store: ObjectStore) -> None:
    etags = [store.put("a", body) for body in (b"A", b"B", b"A")]
    assert etags[0] == etags[2] != etags[1]


def test_a_range_is_cut_out_of_the_object(store: ObjectStore) -> None:
    store.put("a", b"0123456789")
    assert store.get("a", ByteRange(2, 5)).body == b"234"
    assert store.get("a", ByteRange(2, 5)).size == 10


def test_a_range_behind_the_end_stops_at_the_end(store: ObjectStore) -> None:
    store.put("a", b"0123456789")
    assert store.get("a", ByteRange(8, 99)).body == b"89"


def test_a_range_that_begins_behind_the_end_is_refused(store: ObjectStore) -> None:
    store.put("a", b"0123456789")
    with pytest.raises(OutOfRange, match="at least 11 bytes"):
        store.get("a", ByteRange(10, 12))


def test_keys_are_listed_in_code_point_order_of_the_whole_key(store: ObjectStore) -> None:
    """A walk over folders would put a/b before a-b/c: "-" sorts before "/"."""
    keys = ["a-b/c", "a.b", "a/a/z", "a/b", "a/b-c", "a0", "B/a", "ab/c"]
    for key in keys:
        store.put(key, b"")
    assert store.list("") == sorted(keys) == ["B/a", "a-b/c", "a.b", "a/a/z", "a/b", "a/b-c", "a0", "ab/c"]


def test_a_prefix_may_end_anywhere_in_a_key(store: ObjectStore) -> None:
    for key in ("in/a", "inbox/a/1", "inbox/a/2", "inbox/ab/1", "out/a"):
        store.put(key, b"")
    assert store.list("inbox/a") == ["inbox/a/1", "inbox/a/2", "inbox/ab/1"]
    assert store.list("inbox/a/") == ["inbox/a/1", "inbox/a/2"]
    assert store.list("nothing/") == []


def test_a_list_goes_on_after_any_key_there_or_not(store: ObjectStore) -> None:
    for key in ("p/a/1", "p/a/2", "p/b/1"):
        store.put(key, b"")
    assert store.list("p/", after="p/a/1") == ["p/a/2", "p/b/1"]
    assert store.list("p/", after="p/a0") == ["p/b/1"]
    assert store.list("p/", after="p/a") == ["p/a/1", "p/a/2", "p/b/1"]
    assert store.list("p/", after="z") == []


def test_a_list_has_at_most_its_limit(store: ObjectStore) -> None:
    for number in range(5):
        store.put(f"p/{number}", b"")
    assert store.list("p/", limit=2) == ["p/0", "p/1"]
    assert store.list("p/", after="p/1", limit=2) == ["p/2", "p/3"]


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_limit_that_s3_does_not_have_is_refused(store: ObjectStore, limit: int) -> None:
    with pytest.raises(ValueError, match="limit from 1 to 1000"):
        store.list("p/", limit=limit)


def test_entries_are_listed_as_keys_are_with_size_and_time(store: ObjectStore) -> None:
    before = time.time()
    for key in ("a/b", "a/c", "b"):
        store.put(key, key.encode())
    entries = store.entries("a/", after="a/a", limit=5)
    assert [(entry.key, entry.size) for entry in entries] == [("a/b", 3), ("a/c", 3)]
    assert all(before - 2 < entry.modified < time.time() + 2 for entry in entries)
    assert [entry.key for entry in store.entries("", after="a/b", limit=1)] == ["a/c"]


def test_deleting_twice_is_deleting_once(store: ObjectStore) -> None:
    store.put("a/b/c", b"")
    store.delete("a/b/c")
    store.delete("a/b/c")
    assert store.list("") == []


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", ".locks/00", "a/.b", "a\\b", "ä", "a b", "a\n", "x" * 513],
)
def test_what_is_no_key_never_reaches_the_store(store: ObjectStore, key: str) -> None:
    for ask in (store.get, store.stat, store.delete, lambda key: store.put(key, b"")):
        with pytest.raises(ValueError, match="expected a key"):
            ask(key)


def test_the_probe_accepts_the_store_and_leaves_nothing_behind(store: ObjectStore) -> None:
    probe(store)
    assert store.list("") == []


def test_of_many_processes_that_put_if_absent_one_wins(store: ObjectStore, store_address: str) -> None:
    with ProcessPoolExecutor(4, mp_context=SPAWN) as processes:
        won = list(processes.map(_put_all_if_absent, [store_address] * 4, range(4)))
    owners = {key: int(store.get(key).body) for key in store.list("race/")}
    assert sorted(key for keys in won for key in keys) == sorted(owners)
    assert all(owners[key] == process for process, keys in enumerate(won) for key in keys)


def test_no_increment_is_lost_among_processes_that_compare_and_swap(store: ObjectStore, store_address: str) -> None:
    store.put("counter", b"0")
    with ProcessPoolExecutor(4, mp_context=SPAWN) as processes:
        list(processes.map(_increment, [store_address] * 4, [15] * 4))
    assert store.get("counter").body == b"60"


def test_readers_never_see_part_of_an_object(store: ObjectStore, store_address: str) -> None:
    store.put("folder/whole", _document(0))
    with ProcessPoolExecutor(1, mp_context=SPAWN) as processes:
        writing = processes.submit(_rewrite, store_address, 60)
        while not writing.done():
            assert _is_whole(store.get("folder/whole").body)
    assert writing.result() == 60


def test_objects_come_and_go_beside_each_other(store_address: str, store: ObjectStore) -> None:
    """On a directory, folders go with their last object while others are being put into them."""
    with ProcessPoolExecutor(3, mp_context=SPAWN) as processes:
        kept = list(processes.map(_come_and_go, [store_address] * 3, range(3)))
    assert store.list("deep/") == sorted(kept)


def _put_all_if_absent(address: str, process: int) -> list[str]:
    store = open_store(address)
    won = []
    for number in range(30):
        try:
            store.put_if_absent(f"race/{number}", str(process).encode())
            won.append(f"race/{number}")
        except AlreadyExists:
            pass
    return won


def _increment(address: str, times: int) -> None:
    store = open_store(address)
    while times:
        counter = store.get("counter")
        try:
            store.put_if_match("counter", str(int(counter.body) + 1).encode(), etag=counter.etag)
            times -= 1
        except PreconditionFailed:
            pass


def _document(number: int) -> bytes:
    return json.dumps([number] * 20_000).encode()


def _is_whole(body: bytes) -> bool:
    numbers = json.loads(body)
    return len(numbers) == 20_000 and len(set(numbers)) == 1


def _rewrite(address: str, times: int) -> int:
    store = open_store(address)
    for number in range(times):
        store.put("folder/whole", _document(number))
    return times


def _come_and_go(address: str, process: int) -> str:
    store = open_store(address)
    for _ in range(40):
        store.put_if_absent(f"deep/er/still/{process}", b"")
        store.delete(f"deep/er/still/{process}")
    store.put(f"deep/er/still/{process}", b"")
    return f"deep/er/still/{process}"
