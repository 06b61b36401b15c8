"""Pools are found by few requests, and a stray object hides none."""

import contextlib
from typing import Any

import pytest

from cloud.errors import Unavailable
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from cloud.store.pools import PoolWalk, pools_of, pools_under, pools_with
from tests.cloud.counting import CountingStore

SPACE = "a" * 64


POOLS = [Pool(group, SPACE) for group in ("alder", "birch", "cedar")]


@pytest.fixture
def forest(directory_store: ObjectStore) -> CountingStore:
    """Three pools with seven objects each."""
    for pool in POOLS:
        for number in range(7):
            directory_store.put(f"dataset/{pool.path}/shards/{number}", b"")
    return CountingStore(directory_store)


@pytest.mark.parametrize(("page", "requests"), [(1000, 1), (10, 2), (7, 4), (2, 4)])
def test_each_pool_is_found_once_however_much_it_has(
    forest: CountingStore, monkeypatch: pytest.MonkeyPatch, page: int, requests: int
) -> None:
    """Many small pools cost a LIST a page, and a large one is jumped over."""
    monkeypatch.setattr("cloud.store.pools.MAX_LISTED", page)
    assert pools_under(forest, keys.DATASETS, pool_of=keys.parse_pool) == POOLS
    assert forest.count("list", keys.DATASETS) == requests


def test_a_walk_finds_all_pools_in_steps_and_goes_on_where_one_failed(
    forest: CountingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, found, faults = PoolWalk(keys.DATASETS), list[Pool](), [Unavailable("dataset/", "no answer")]
    ask = forest.list

    def fail_once(prefix: str, **given: Any) -> Any:
        if found and faults:
            raise faults.pop()
        return ask(prefix, **given)

    monkeypatch.setattr(forest, "list", fail_once, raising=False)
    while not walk.is_over:
        with contextlib.suppress(Unavailable):
            found += walk.step(forest, limit=2)
    assert (found, faults) == (POOLS, [])
    assert walk.step(forest, limit=2) == []


def test_the_pools_of_one_group_are_found_whatever_others_have(forest: CountingStore) -> None:
    assert pools_of(forest, "birch", keys.DATASETS, keys.REGISTRIES) == [POOLS[1]]
    assert forest.count("list", "dataset/birch/") == forest.count("list", "dataset/") == 1


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
