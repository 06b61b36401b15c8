"""Shards that are put together: the dataset that is read is the same, and nobody who meets it on the way loses."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.dataset import levels, reader, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.compaction import write_new
from cloud.dataset.erase import erase_rows, holds_older, sweep
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import MergeReport, MergeStep, merge_once
from cloud.dataset.reader import Dataset
from cloud.dataset.scopes import AgeScope, LabelScope
from cloud.errors import LostRace
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from tests.cloud.dataset.shard_making import blocks_of, columns_of, encoded

Send = Callable[..., InboxUpload]


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    return directory_store


def plain(data: Dataset) -> dict[str, Any]:
    """All of a dataset that does not say in which files it lies."""
    values = {field.name: getattr(data, field.name) for field in fields(data) if field.name != "commit"}
    values["features"] = data.features[:]
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def send_history(send: Send, number: int) -> None:
    """New photos, corrections of old ones, labels back and forth, and spellings."""
    send([f"person {number % 3}", "ADA"], names=[f"photo {number}", f"ada {number}"])
    if number % 4 == 3:
        send(["Zoe"], names=[f"photo {number - 2}"], revision=1)
        send(["person 1"], names=[f"photo {number - 2}"], revision=2)


def test_a_dataset_is_the_same_however_often_its_shards_were_put_together(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    memory = MergeMemory()
    for number in range(30):
        send_history(send, number)
        merge_once(store, pool, memory=memory, now=1000 + number)
    dataset, _ = dataset_pointer.read(store, pool)
    assert len(dataset.shards) <= 14 < 30
    assert sum(ref.rows for ref in dataset.shards) == dataset.rows
    data = reader.load(store, pool, cache=tmp_path)
    assert data.came.tolist() == sorted(data.came.tolist())
    assert [data.labels[place] for place in data.label_index[:4]] == ["person 0", "Ada", "person 1", "Ada"]
    columns = [shards.read_columns(store, pool, ref) for ref in dataset.shards]
    merged = np.concatenate([one.merged for one in columns])
    assert merged.tolist() == sorted(merged.tolist())
    assert set(merged.tolist()) == set(range(1000, 1030))
    assert [ref.merged for ref in dataset.shards] == [int(one.merged.min()) for one in columns]
    assert merge_once(store, pool, memory=MergeMemory()) == MergeReport()


def test_what_is_read_does_not_say_whether_shards_were_put_together(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last merge is written anew with one more shard, with two, with all."""
    memory = MergeMemory()
    for number in range(7):
        send_history(send, number)
        merge_once(store, pool, memory=memory, now=number)
    apart = reader.load(store, pool, cache=tmp_path / "apart")
    dataset, _ = dataset_pointer.read(store, pool)
    assert len(dataset.shards) > 1
    pieces = [shards.read_whole(store, pool, ref) for ref in dataset.shards]
    for count in range(1, len(pieces)):
        columns, features = pieces[-1]
        writer = blocks_of(*(features.encoded(block) for block in range(len(features.index))))
        kept = dataset.shards[: -1 - count]
        monkeypatch.setattr(levels, "count_absorbed", lambda *_, count=count, **__: count)
        written = write_new(store, pool, before=dataset.shards[:-1], columns=columns, blocks=writer, size=1)
        one = replace(dataset, shards=(*kept, written.ref))
        loaded = reader.load_at(
            store,
            pool,
            dataset=one,
            cache=tmp_path / str(count),
            base_labels=apart.labels[:2],
            feature_shape=apart.features.feature_shape,
        )
        assert plain(loaded) == plain(apart)


def test_the_second_journal_of_a_shard_names_only_what_came_last(store: ObjectStore, pool: Pool, send: Send) -> None:
    memory = MergeMemory()
    for number in range(levels.FAN):
        last = send(["Ada"], names=[f"photo {number}"])
        merge_once(store, pool, memory=memory)
    dataset, _ = dataset_pointer.read(store, pool)
    [ref] = dataset.shards
    assert (dataset.journal, dataset.journal_begins) == (ref.sha256, levels.FAN - 1)
    assert shards.read_columns(store, pool, ref).uploads(pool, begin=dataset.journal_begins) == [last]


def test_shards_that_cannot_be_put_together_keep_nothing_from_being_merged(
    store: ObjectStore, pool: Pool, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    memory = MergeMemory()
    for number in range(levels.FAN - 1):
        send(["Ada"], names=[f"photo {number}"])
        merge_once(store, pool, memory=memory)
    gone = dataset_pointer.read(store, pool)[0].shards[2]
    store.delete(keys.shard(pool, gone.sha256))
    send(["Ada"], names=["the eighth"])
    assert merge_once(store, pool, memory=memory).rows == 1
    assert "are not put together" in caplog.text
    assert len(dataset_pointer.read(store, pool)[0].shards) == levels.FAN


def test_an_erasure_that_meets_a_merge_that_puts_shards_together_loses_and_is_done_anew(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    memory = MergeMemory()
    for number in range(levels.FAN - 1):
        send(["Zoe" if number == 3 else "Ada"], names=[f"photo {number}"])
        merge_once(store, pool, memory=memory)
    before = dataset_pointer.read(store, pool)[0].shards
    send(["Ada"], names=["the eighth"])
    met: list[MergeReport] = []

    class Overtaken:
        """A store in which a merge happens just before the erasure's swap."""

        def __getattr__(self, operation: str) -> Any:
            if operation == "put_if_match" and not met:
                met.append(merge_once(store, pool, memory=memory))
            return getattr(store, operation)

    overtaken: Any = Overtaken()
    with pytest.raises(LostRace):
        erase_rows(overtaken, pool, LabelScope("home", "Zoe"), erasure="one")
    assert met == [MergeReport(uploads=1, rows=1, new_samples=1)]
    [ref] = dataset_pointer.read(store, pool)[0].shards
    unnamed = set(store.list(keys.pool_shards(pool))) - {keys.shard(pool, ref.sha256)}
    assert unnamed == {keys.shard(pool, one.sha256) for one in before}  # what was put together, none of the loser's
    erased = erase_rows(store, pool, LabelScope("home", "Zoe"), erasure="one")
    assert erased is not None
    sweep(store, pool, LabelScope("home", "Zoe"))
    dataset, _ = dataset_pointer.read(store, pool)
    assert (dataset.samples, dataset.rows) == (7, 7)
    held = b"".join(store.get(key).body for key in store.list("dataset/"))
    assert b"Zoe" not in held


def test_a_merge_that_puts_shards_together_and_meets_an_erasure_loses_and_brings_nothing_back(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    memory = MergeMemory()
    for number in range(levels.FAN - 1):
        send(["Zoe" if number == 3 else "Ada"], names=[f"photo {number}"])
        merge_once(store, pool, memory=memory)
    send(["Ada"], names=["the eighth"])

    def erase(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN:
            erase_rows(store, pool, LabelScope("home", "Zoe"), erasure="one")

    assert merge_once(store, pool, memory=memory, at=erase) == MergeReport(more=True)
    assert merge_once(store, pool, memory=memory).rows == 1
    sweep(store, pool, LabelScope("home", "Zoe"))
    dataset, _ = dataset_pointer.read(store, pool)
    assert (dataset.samples, dataset.rows) == (7, 7)
    assert b"Zoe" not in b"".join(store.get(key).body for key in store.list("dataset/"))


def test_retention_goes_by_rows_also_where_shards_of_many_days_are_one(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    memory = MergeMemory()
    for day in range(levels.FAN):
        send(["Ada"], names=[f"photo {day}"])
        merge_once(store, pool, memory=memory, now=day)
    [ref] = dataset_pointer.read(store, pool)[0].shards
    assert ref.merged == 0
    assert holds_older(store, pool, before=1)
    erase_rows(store, pool, AgeScope("home", 3), erasure="one")
    dataset, _ = dataset_pointer.read(store, pool)
    assert (dataset.rows, dataset.shards[0].merged) == (5, 3)
    assert not holds_older(store, pool, before=3)
    assert holds_older(store, pool, before=4)


def test_what_a_shard_says_of_when_is_of_its_rows_and_not_of_uploads_without_any(
    store: ObjectStore, pool: Pool
) -> None:
    """A shard whose oldest upload had brought nothing would be too old for ever."""
    columns = columns_of([("d" * 32, 1, 0, "Ada"), ("d" * 32, 2, 0, "Ada")], feature_shape=(2,))
    times = replace(columns.arrivals, merged=np.array([5, 9], np.uint64))
    later = replace(columns, arrivals=times, arrival_index=np.array([1, 1], np.uint32))
    assert shards.write(store, pool, later, blocks_of(encoded(np.ones((2, 2), np.float32)))).merged == 9
