"""Shards without a name: gone after a day, and not before, whatever happens meanwhile."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.dataset import inbox, levels, reader, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.leftovers import KEPT_S, LOOK_EVERY_S, Leftovers
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import MergeStep, merge_once
from cloud.errors import Damaged
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool

Merge = Callable[..., None]


@pytest.fixture
def memory() -> MergeMemory:
    return MergeMemory()


@pytest.fixture
def merge(
    store: ObjectStore,
    space: str,
    pool: Pool,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: Callable[..., bytes],
    memory: MergeMemory,
) -> Merge:
    """Merges one photo at a time of a monotonic clock."""

    def one(name: str, *, at: float) -> None:
        body = make_upload(["Ada"], names=[name])
        inbox.add(store, arrive(body), body)
        merge_once(store, pool, memory=memory, clock=lambda: at)

    return one


def written(store: ObjectStore, pool: Pool) -> set[str]:
    return set(store.list(keys.pool_shards(pool)))


def named(store: ObjectStore, pool: Pool) -> set[str]:
    return {keys.shard(pool, ref.sha256) for ref in dataset_pointer.read(store, pool)[0].shards}


def test_what_was_put_together_goes_a_day_after_it_was_seen(store: ObjectStore, pool: Pool, merge: Merge) -> None:
    for number in range(levels.FAN):
        merge(f"photo {number}", at=0)
    assert len(written(store, pool)) == levels.FAN
    merge("sees them", at=LOOK_EVERY_S)
    merge("too early", at=LOOK_EVERY_S + KEPT_S - 1)
    assert len(written(store, pool) - named(store, pool)) == levels.FAN - 1
    merge("a day later", at=2 * LOOK_EVERY_S + KEPT_S)
    assert written(store, pool) == named(store, pool)


def test_a_shard_that_gets_its_name_late_stays(store: ObjectStore, pool: Pool, merge: Merge, tmp_path: Path) -> None:
    """A merge that takes a day: what it wrote was seen without a name."""
    merge("one", at=0)
    leftovers = Leftovers()
    [ref] = dataset_pointer.read(store, pool)[0].shards
    columns, _ = shards.read_whole(store, pool, ref)
    dataset, _ = dataset_pointer.read(store, pool)
    empty = store.get(keys.dataset_pointer(pool)).body
    store.put(keys.dataset_pointer(pool), empty.replace(ref.sha256.encode(), b"f" * 64))
    assert leftovers.sweep(store, pool, clock=0) == 0
    store.put(keys.dataset_pointer(pool), empty)
    assert leftovers.sweep(store, pool, clock=2 * KEPT_S) == 0
    assert len(reader.load(store, pool, cache=tmp_path)) == len(columns) == dataset.rows


def test_what_a_merge_that_was_killed_has_left_goes_too(
    store: ObjectStore,
    pool: Pool,
    merge: Merge,
    memory: MergeMemory,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: Callable[..., bytes],
) -> None:
    body = make_upload(["Ada"], names=["one"])
    inbox.add(store, arrive(body), body)

    def fail(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        merge_once(store, pool, memory=memory, at=fail)
    merge("two", at=0)
    merge("three", at=KEPT_S)
    assert written(store, pool) == named(store, pool)


def test_a_sweep_that_fails_takes_nothing_back_of_a_merge(
    store: ObjectStore, pool: Pool, merge: Merge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise Damaged("HEAD")

    monkeypatch.setattr(Leftovers, "sweep", fail)
    merge("one", at=0)
    assert dataset_pointer.read(store, pool)[0].rows == 1
    assert "are not swept: HEAD" in caplog.text
