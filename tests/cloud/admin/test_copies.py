"""A copy of a store in use holds together, wherever the merge and the devices were while it was made."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.admin.copies import back_up, bring_back
from cloud.admin.fsck import Checker
from cloud.dataset import inbox, reader
from cloud.dataset.merge import merge_once
from cloud.errors import StoreRefused
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from tests.cloud.busy import BusyStore

NOW = 1_800_000_000.0
STAGES = [keys.INBOX, keys.RECEIPTS, keys.REGISTRIES, keys.SPACE_LISTS, keys.DATASETS, ""]


@pytest.fixture
def empty(tmp_path: Path) -> Callable[[], ObjectStore]:
    """Makes an empty store."""
    numbers = itertools.count()

    def make() -> ObjectStore:
        opened = open_store(f"dir:{tmp_path / f'empty-{next(numbers)}'}")
        opened.prepare()
        return opened

    return make


@pytest.mark.parametrize("stage", STAGES)
def test_every_upload_acknowledged_before_is_in_the_copy_once_whatever_is_merged_meanwhile(
    store: ObjectStore,
    pool: Pool,
    space: str,
    make_upload: Callable[..., bytes],
    arrive: Callable[[bytes], InboxUpload],
    empty: Callable[[], ObjectStore],
    tmp_path: Path,
    stage: str,
) -> None:
    """A copy in the order of names lost 65 samples, and kept receipts without rows."""
    merged, waits, later = (make_upload(["Ada", "Cleo"], names=[f"{n}-a", f"{n}-b"]) for n in range(3))

    def send(where: ObjectStore, *bodies: bytes) -> None:
        for body in bodies:
            inbox.add(where, arrive(body), body)

    def goes_on() -> None:
        merge_once(store, pool)
        send(store, later)
        merge_once(store, pool)

    send(store, merged)
    merge_once(store, pool)
    send(store, waits)
    copy, restored = empty(), empty()
    back_up(BusyStore(store, stage, goes_on), copy, now=NOW)  # type: ignore[arg-type]  # all of a store but its list
    bring_back(copy, restored)
    assert [one for one in Checker(restored, mend=True).run() if one.is_fault] == []
    merge_once(restored, pool)
    assert len(reader.load(restored, pool, cache=tmp_path / "before")) in (4, 6)
    send(restored, merged, waits, later)
    merge_once(restored, pool)
    assert len(reader.load(restored, pool, cache=tmp_path / "after")) == 6
    assert inbox.pools_with_news(restored) == []


OF_WORKERS = ("lease/home/x", "duty/erasing", "begun/home/x", "named/home/x")


def test_a_copy_has_all_but_what_is_only_of_the_day(
    directory_store: ObjectStore, empty: Callable[[], ObjectStore]
) -> None:
    for key in ("devices/one", "spaces/x/bundle.json", "keys/verify", "codes/a", keys.READY, "workers/a", *OF_WORKERS):
        directory_store.put(key, key.encode())
    copy, restored = empty(), empty()
    report = back_up(directory_store, copy, now=NOW)
    assert (report.objects, report.begun) == (4, NOW)
    assert bring_back(copy, restored) == report
    assert restored.list("") == ["codes/a", "devices/one", "keys/verify", "spaces/x/bundle.json"]


def test_neither_a_back_up_nor_a_restore_touches_a_store_with_something_in_it(
    directory_store: ObjectStore, empty: Callable[[], ObjectStore]
) -> None:
    copy, other = empty(), empty()
    back_up(directory_store, copy, now=NOW)
    other.put("devices/one", b"")
    with pytest.raises(StoreRefused, match="expected an empty store to copy to, got one with devices/one"):
        back_up(directory_store, other, now=NOW)
    with pytest.raises(StoreRefused, match="expected an empty store to copy to, got one with devices/one"):
        bring_back(copy, other)


def test_a_back_up_that_broke_off_is_not_restored(
    directory_store: ObjectStore, empty: Callable[[], ObjectStore]
) -> None:
    copy, restored = empty(), empty()
    back_up(directory_store, copy, now=NOW)
    copy.delete(keys.COMPLETE)
    with pytest.raises(StoreRefused, match="expected a back-up that was finished, got none of copies/complete"):
        bring_back(copy, restored)
