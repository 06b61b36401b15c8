"""Pools are found by one request each, and a stray object hides none."""

import pytest

from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from cloud.store.pools import pools_under, pools_with
from tests.cloud.counting import CountingStore

SPACE = "a" * 64


def test_each_pool_is_found_once_however_much_it_has(directory_store: ObjectStore) -> None:
    pools = [Pool(group, SPACE) for group in ("alder", "birch", "cedar")]
    for pool in pools:
        for number in range(5):
            directory_store.put(f"dataset/{pool.path}/shards/{number}", b"")
    counting = CountingStore(directory_store)
    assert pools_under(counting, keys.DATASETS, pool_of=keys.parse_pool) == pools
    assert counting.count("list", keys.DATASETS) == len(pools) + 1


def test_a_stray_object_is_logged_and_hides_no_pool(
    directory_store: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    for stray in ("dataset/a-stray", f"dataset/alder-and-birch/{'a' * 63}/x"):
        directory_store.put(stray, b"")
    directory_store.put(f"dataset/cedar/{SPACE}/HEAD", b"")
    assert pools_under(directory_store, keys.DATASETS, pool_of=keys.parse_pool) == [Pool("cedar", SPACE)]
    assert [message.partition(":")[0] for message in caplog.messages] == ["left in the store"] * 2


def test_pools_with_any_of_several_are_found_once_in_order_and_a_stray_object_makes_none(
    directory_store: ObjectStore,
) -> None:
    upload = f"{'d' * 32}.0/{'e' * 64}"
    for key in (
        f"inbox/birch/{SPACE}/{upload}",
        f"dataset/birch/{SPACE}/HEAD",
        f"dataset/alder/{SPACE}/HEAD",
        f"inbox/cedar/{SPACE}/stray",
        f"registry/dogwood/{SPACE}/HEAD",
    ):
        directory_store.put(key, b"")
    found = pools_with(directory_store, keys.INBOX, keys.DATASETS)
    assert found == [Pool("alder", SPACE), Pool("birch", SPACE)]
    assert pools_with(directory_store, keys.REGISTRIES) == [Pool("dogwood", SPACE)]


def test_nothing_is_found_where_nothing_is(directory_store: ObjectStore) -> None:
    assert pools_under(directory_store, keys.INBOX, pool_of=keys.parse_pool) == []
