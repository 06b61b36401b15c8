"""Shards without a name: what was put together, and what a merge wrote that was killed."""

from collections.abc import Callable

import pytest

from cloud.dataset import inbox, levels
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.leftovers import unnamed_shards
from cloud.dataset.merge import MergeStep, merge_once
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool


def unnamed(store: ObjectStore, pool: Pool) -> set[str]:
    return {one.key for one in unnamed_shards(store, pool, dataset_pointer.read(store, pool)[0])}


def test_what_was_put_together_and_what_a_killed_merge_has_left_has_no_name(
    store: ObjectStore,
    space: str,
    pool: Pool,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: Callable[..., bytes],
) -> None:
    def merge(number: int, at: Callable[[MergeStep], None]) -> None:
        body = make_upload(["Ada"], names=[f"photo {number}"])
        inbox.add(store, arrive(body), body)
        merge_once(store, pool, at=at)

    def die(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN:
            raise InterruptedError

    for number in range(levels.FAN - 1):
        merge(number, at=lambda step: None)
    assert unnamed(store, pool) == set()
    before = set(store.list(keys.pool_shards(pool)))
    with pytest.raises(InterruptedError):
        merge(levels.FAN, at=die)
    [left] = unnamed(store, pool)
    assert left not in before
    merge_once(store, pool)
    assert unnamed(store, pool) == before | {left}
