"""Merging: exactly once, whatever waits in the inbox and whoever else merges."""

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import batch, inbox, reader, shards
from cloud.dataset import memory as dataset_memory
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.columns import Columns
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import MergeReport, MergeStep, merge_once
from cloud.errors import Damaged, NotFound
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import MAX_LISTED, ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import LIMITS, upload_id
from tests.cloud.busy import BusyStore
from tests.cloud.conftest import SELF_TEST
from tests.cloud.counting import CountingStore
from tests.cloud.dataset.shard_making import arrivals, blocks_of, encoded

Send = Callable[..., InboxUpload]


def test_what_waits_is_merged_and_leaves_the_inbox(store: ObjectStore, pool: Pool, send: Send, tmp_path: Path) -> None:
    sent = [send(["Ada", "Cleo"], names=[f"{n}-a", f"{n}-b"]) for n in range(3)]
    assert merge_once(store, pool) == MergeReport(uploads=3, rows=6, new_samples=6)
    assert inbox.pools_with_news(store) == []
    assert all(store.stat(keys.receipt(upload)).size == 0 for upload in sent)
    assert len(reader.load(store, pool, cache=tmp_path)) == 6


def test_the_log_says_where_each_upload_went(
    store: ObjectStore, pool: Pool, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    """By its id, which the line of the request that brought it has too."""
    sent = [send(["Ada"], names=[f"{n}"]) for n in range(3)]
    with caplog.at_level("INFO", logger="cloud.dataset.merge"):
        merge_once(store, pool)
    [ref] = dataset_pointer.read(store, pool)[0].shards
    told = {f"upload {upload.sha256} is in shard {ref.sha256} of {pool.path}" for upload in sent}
    assert told == {record.getMessage() for record in caplog.records}


def test_what_computed_an_upload_stays_with_it(store: ObjectStore, pool: Pool, send: Send) -> None:
    other = SelfTest(SELF_TEST.setup, 990_000)
    sent = {send([f"one {n}"]).name: SELF_TEST for n in range(2)} | {send(["two"], self_test=other).name: other}
    merge_once(store, pool)
    [ref] = dataset_pointer.read(store, pool)[0].shards
    columns = shards.read_columns(store, pool, ref)
    places = zip(columns.uploads(pool), columns.arrivals.self_test_index, strict=True)
    assert {upload.name: columns.self_tests[place] for upload, place in places} == sent
    assert len(columns.self_tests) == 2


def test_an_acknowledged_upload_is_merged_whatever_its_self_test(store: ObjectStore, pool: Pool, send: Send) -> None:
    """The door refuses; what it let in, under a bundle that was replaced since, is not taken back."""
    send(["Ada"], self_test=SelfTest(SELF_TEST.setup, 0))
    assert merge_once(store, pool).new_samples == 1


def test_with_nothing_waiting_nothing_changes(store: ObjectStore, pool: Pool, send: Send) -> None:
    send(["Ada"])
    merge_once(store, pool)
    before = dataset_pointer.read(store, pool)
    assert merge_once(store, pool) == MergeReport()
    assert dataset_pointer.read(store, pool) == before


def test_an_empty_inbox_makes_no_dataset(store: ObjectStore, pool: Pool, space: str) -> None:
    assert merge_once(store, pool) == MergeReport()
    assert store.list("dataset/") == []


def test_an_upload_that_comes_again_after_its_merge_is_dropped(store: ObjectStore, pool: Pool, send: Send) -> None:
    memory = MergeMemory()
    send(["Ada", "Ben"])
    merge_once(store, pool, memory=memory)
    before = dataset_pointer.read(store, pool)
    send(["Ada", "Ben"])
    assert merge_once(store, pool, memory=memory) == MergeReport(dropped=1)
    assert dataset_pointer.read(store, pool) == before
    assert inbox.pools_with_news(store) == []


def test_a_process_that_finishes_the_last_journal_takes_what_came_again_with_it(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    send(["Ada", "Ben"])
    merge_once(store, pool)
    before = dataset_pointer.read(store, pool)
    send(["Ada", "Ben"])
    assert merge_once(store, pool) == MergeReport()
    assert dataset_pointer.read(store, pool) == before
    assert inbox.pools_with_news(store) == []


def test_a_sample_in_two_uploads_is_one_sample(store: ObjectStore, pool: Pool, send: Send, tmp_path: Path) -> None:
    """The same photo sealed again, as after a device lost its cache of what was sent."""
    send(["Ada", "Ben"], names=["one", "two"])
    send(["Ben", "Ada"], names=["two", "three"])
    assert merge_once(store, pool).new_samples == 3
    send(["Ada", "Ben", "Ada"], names=["one", "two", "three"])
    assert merge_once(store, pool) == MergeReport(uploads=1)
    assert len(reader.load(store, pool, cache=tmp_path)) == 3
    assert inbox.pools_with_news(store) == []


def test_the_same_sample_id_of_two_devices_is_two_samples(
    store: ObjectStore, pool: Pool, send: Send, make_upload: Callable[..., bytes], tmp_path: Path
) -> None:
    other = "e" * 32
    send(["Ada"], names=["one"])
    devices.add(store, EnrolledDevice(other, "home", 0, "0" * 64, 0))
    body = make_upload(["Ada"], names=["one"])
    inbox.add(store, InboxUpload(pool, other, 0, upload_id(body)), body)
    assert merge_once(store, pool).new_samples == 2
    assert len(reader.load(store, pool, cache=tmp_path)) == 2


def test_a_correction_replaces_label_and_feature_and_keeps_the_split(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    names = [f"photo-{n}" for n in range(40)]
    send(["Ada"] * 40, names=names)
    merge_once(store, pool)
    before = reader.load(store, pool, cache=tmp_path)
    send(["Zoe"] * 40, names=names, revision=1)
    assert merge_once(store, pool) == MergeReport(uploads=1, rows=40, new_samples=0)
    after = reader.load(store, pool, cache=tmp_path)
    assert before.commit != after.commit
    assert set(after.splits.tolist()) == {0, 1}
    assert np.array_equal(after.splits, before.splits)
    assert np.array_equal(after.sample_ids, before.sample_ids)
    assert np.array_equal(after.features[:], before.features[:] + 1)
    assert {after.labels[index] for index in after.label_index} == {"Zoe"}


@pytest.mark.parametrize("revisions", [(0, 2, 1), (2, 0, 1), (2, 2, 0), (1, 0, 2)])
@pytest.mark.parametrize("at_once", [True, False])
def test_of_several_revisions_the_highest_counts_in_any_order(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path, revisions: tuple[int, ...], at_once: bool
) -> None:
    for revision in revisions:
        send([f"label {revision}"], names=["photo"], revision=revision)
        merge_once(store, pool) if not at_once else None
    merge_once(store, pool)
    loaded = reader.load(store, pool, cache=tmp_path)
    assert [loaded.labels[index] for index in loaded.label_index] == ["label 2"]


def test_photos_are_counted_over_base_samples_and_dataset(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    """Ada has two base photos, so one more trains; a new label has none, so three do. The ids would all be held out."""
    low = [name for name in map(str, range(2000)) if hashlib.sha256(name.encode()).digest()[0] < 0x33][:12]
    send(["ADA"] * 3 + ["Cleo"] * 5, names=low[:8])
    merge_once(store, pool, salt=b"")
    send(["Ada", "cleo"], names=low[8:10])
    merge_once(store, pool, salt=b"")
    loaded = reader.load(store, pool, cache=tmp_path)
    assert loaded.labels == ("Ada", "Ben", "Cleo")
    assert loaded.splits.tolist() == [0, 1, 1, 0, 0, 0, 1, 1, 1, 1]


def test_a_corrected_photo_counts_for_its_new_label_only(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    low = [name for name in map(str, range(2000)) if hashlib.sha256(name.encode()).digest()[0] < 0x33][:8]
    send(["Cleo"] * 3, names=low[:3])
    merge_once(store, pool, salt=b"")
    send(["Dora"] * 3, names=low[:3], revision=1)
    merge_once(store, pool, salt=b"")
    send(["Cleo", "Dora"], names=low[3:5])
    merge_once(store, pool, salt=b"")
    assert reader.load(store, pool, cache=tmp_path).splits.tolist() == [0, 0, 0, 0, 1]


def test_ids_that_a_device_chose_do_not_choose_what_judges(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    low = [name for name in map(str, range(2000)) if hashlib.sha256(name.encode()).digest()[0] < 0x33][:64]
    send(["Cleo"] * len(low), names=low)
    merge_once(store, pool)
    assert 0 < reader.load(store, pool, cache=tmp_path).splits.sum() < 40


def test_an_upload_of_an_older_generation_is_dropped(store: ObjectStore, pool: Pool, send: Send) -> None:
    upload = send(["Ada"])
    device = devices.read(store, upload.device)
    store.delete(keys.device(device.id))
    devices.add(store, EnrolledDevice(device.id, device.group, 1, device.token_sha256, 0))
    assert merge_once(store, pool) == MergeReport(dropped=1)
    assert inbox.pools_with_news(store) == []


def test_what_was_dropped_does_not_come_back_with_the_device(store: ObjectStore, pool: Pool, send: Send) -> None:
    """An upload of a stolen device that no merge had seen yet was merged after `readmit`."""
    waiting = send(["Ada"])
    devices.revoke(store, waiting.device, drops_uploads=True)
    devices.readmit(store, waiting.device)
    assert merge_once(store, pool) == MergeReport(dropped=1)


@pytest.mark.parametrize(("drops", "report"), [(True, MergeReport(dropped=1)), (False, MergeReport(1, 1, 1))])
def test_a_revoked_devices_waiting_uploads_are_dropped_or_merged_as_the_operator_says(
    store: ObjectStore, pool: Pool, send: Send, drops: bool, report: MergeReport
) -> None:
    """Also one that a web process took that did not know yet."""
    waiting = send(["Ada"])
    devices.revoke(store, waiting.device, drops_uploads=drops)
    assert merge_once(store, pool) == report
    late = send(["Ben"])
    assert merge_once(store, pool) == report
    assert inbox.pools_with_news(store) == []
    assert inbox.has(store, late) is not drops


def bad_bytes(good: bytes) -> dict[str, bytes]:
    return {"noise": b"noise", "empty": b"", "cut off": good[:-1], "trailing": good + b"\0"}


@pytest.mark.parametrize("kind", ["noise", "empty", "cut off", "trailing"])
def test_what_cannot_be_read_is_set_aside_and_blocks_nobody(
    store: ObjectStore, pool: Pool, send: Send, make_upload: Callable[..., bytes], kind: str
) -> None:
    body = bad_bytes(make_upload(["Ben"]))[kind]
    bad = InboxUpload(pool, "d" * 32, 0, upload_id(body))
    inbox.add(store, bad, body)
    send(["Ada"])
    assert merge_once(store, pool) == MergeReport(uploads=1, rows=1, new_samples=1, set_aside=1)
    assert store.get(keys.rejected_upload(bad)).body == body
    assert json.loads(store.get(keys.rejected_reason(bad)).body)["reason"]
    assert inbox.pools_with_news(store) == []


def test_an_upload_that_is_not_what_its_key_says_is_set_aside(
    store: ObjectStore, pool: Pool, space: str, make_upload: Callable[..., bytes]
) -> None:
    damaged = InboxUpload(pool, "d" * 32, 0, "0" * 64)
    inbox.add(store, damaged, make_upload(["Ada"]))
    assert merge_once(store, pool).set_aside == 1
    assert b"its bytes have the sha256" in store.get(keys.rejected_reason(damaged)).body


@pytest.mark.parametrize(
    ("choices", "reason"),
    [({"shape": (5,)}, b"upload.shape"), ({"space": "6" * 64}, b"upload.space")],
)
def test_features_of_another_space_are_set_aside(
    store: ObjectStore, pool: Pool, send: Send, choices: dict[str, object], reason: bytes
) -> None:
    upload = send(["Ada"], **choices)
    assert merge_once(store, pool) == MergeReport(set_aside=1)
    assert reason in store.get(keys.rejected_reason(upload)).body


def test_an_upload_of_nobody_is_set_aside_and_not_lost(
    store: ObjectStore, pool: Pool, space: str, make_upload: Callable[..., bytes]
) -> None:
    body = make_upload(["Ada"])
    upload = InboxUpload(pool, "f" * 32, 0, upload_id(body))
    inbox.add(store, upload, body)
    assert merge_once(store, pool) == MergeReport(set_aside=1)
    assert store.get(keys.rejected_upload(upload)).body == body


def test_a_batch_ends_where_its_memory_does(store: ObjectStore, pool: Pool, send: Send) -> None:
    for number in range(12):
        send(["Ada"] * 10, names=[f"{number}-{place}" for place in range(10)])
    upload_bytes = 10 * 4 * 4
    first = merge_once(store, pool, max_bytes=3 * upload_bytes - 1)
    assert (first.uploads, first.more) == (3, True)
    second = merge_once(store, pool, max_bytes=1)
    assert (second.uploads, second.more) == (1, True)
    last = merge_once(store, pool)
    assert (last.uploads, last.more) == (8, False)
    assert dataset_pointer.read(store, pool)[0].samples == 120


def test_a_batch_ends_at_so_many_rows(store: ObjectStore, pool: Pool, send: Send) -> None:
    sent = [send(["Ada"] * 10, names=[f"{number}-{place}" for place in range(10)]) for number in range(5)]
    waiting = batch.next_waiting(store, pool)
    assert set(waiting.uploads) == set(sent)
    judged = batch.read_batch(store, waiting.uploads, senders=waiting.senders, feature_shape=(4,), max_rows=25)
    assert [one.content.count for one in judged if one.content] == [10, 10, 10]


def test_a_batch_of_labels_as_long_as_may_be_is_a_shard_that_can_be_read(store: ObjectStore, pool: Pool) -> None:
    """A merge of 65,800 freeze6 rows once wrote a header that no later merge could read: the pool was stuck."""
    rows, uploads = batch.MAX_BATCH_ROWS + LIMITS.max_samples, MAX_LISTED
    columns = Columns(
        feature_shape=(1,),
        labels=tuple(f"{row:06}" + "\U00020000" * 58 for row in range(rows)),
        devices=tuple(f"{upload:064}" for upload in range(uploads)),
        self_tests=tuple(SelfTest(Setup(f"{upload:0128}", *["x" * 128] * 3), -PPM) for upload in range(uploads)),
        arrivals=arrivals(range(uploads), generations=[999_999_999] * uploads, self_tests=range(uploads)),
        sample_ids=np.zeros((rows, 16), np.uint8),
        revisions=np.zeros(rows, np.uint32),
        label_index=np.arange(rows, dtype=np.uint32),
        arrival_index=np.zeros(rows, np.uint32),
        splits=np.zeros(rows, np.uint8),
    )
    ref = shards.write(store, pool, columns, blocks_of(encoded(np.zeros((rows, 1), np.float32))))
    assert shards.read_columns(store, pool, ref).labels == columns.labels


def test_a_list_that_was_full_says_there_may_be_more(
    store: ObjectStore, pool: Pool, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "pending", partial(inbox.pending, limit=2))
    send(["Ada"], names=["one"])
    assert not merge_once(store, pool).more
    send(["Ada"], names=["two"])
    send(["Ada"], names=["three"])
    assert merge_once(store, pool).more


def test_merging_again_costs_what_is_new(store: ObjectStore, pool: Pool, send: Send) -> None:
    memory = MergeMemory()
    for number in range(6):
        send(["Ada"], names=[f"old {number}"])
        merge_once(store, pool, memory=memory)
    counting = CountingStore(store)
    send(["Ada"], names=["new"])
    merge_once(counting, pool, memory=memory)
    assert counting.count("get", "/shards/") == counting.count("get", keys.SPACES) == 0
    assert sum(counting.requests.values()) <= 12, counting.requests


def test_the_first_merge_of_a_process_reads_no_features_of_its_space(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    send(["Ada"])
    counting = CountingStore(store)
    assert merge_once(counting, pool).rows == 1
    assert counting.count("get", "head.keras") == counting.count("get", "golden.tensors") == 0


def test_what_a_process_remembers_of_journals_does_not_grow(store: ObjectStore, pool: Pool, send: Send) -> None:
    """It kept the name of every journal that it had ever finished."""
    memory = MergeMemory()
    for number in range(4):
        send(["Ada"], names=[f"sample {number}"])
        merge_once(store, pool, memory=memory)
    assert len(memory.finished) == 1


def test_pools_that_were_merged_longest_ago_are_forgotten(
    store: ObjectStore, pool: Pool, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker of a million groups remembered all of them."""
    monkeypatch.setattr(dataset_memory, "MAX_POOLS", 2)
    memory, others = MergeMemory(), [Pool(f"home-{number}", pool.space) for number in range(5)]
    send(["Ada"], names=["one"])
    for each in (pool, *others):
        merge_once(store, each, memory=memory)
    assert pool not in memory.finished
    send(["Ada", "Ben"], names=["one", "two"])
    assert merge_once(store, pool, memory=memory) == MergeReport(uploads=1, rows=1, new_samples=1)


def test_a_memory_of_what_a_store_has_lost_since_is_made_anew(store: ObjectStore, pool: Pool, send: Send) -> None:
    """As after a restore: what came later is new again."""
    memory, key = MergeMemory(), keys.dataset_pointer(pool)
    send(["Ada"], names=["one"])
    merge_once(store, pool, memory=memory)
    earlier = store.get(key).body
    lost = send(["Ada"], names=["two"])
    merge_once(store, pool, memory=memory)
    store.put(key, earlier)
    store.delete(keys.receipt(lost))
    send(["Ada"], names=["two"])
    assert merge_once(store, pool, memory=memory) == MergeReport(uploads=1, rows=1, new_samples=1)


def test_a_process_without_memory_reads_columns_and_not_features(store: ObjectStore, pool: Pool, send: Send) -> None:
    for number in range(3):
        send(["Ada"] * 4, names=[f"{number} {place}" for place in range(4)])
        merge_once(store, pool)
    send(["Ada"], names=["0 0"], revision=0)
    assert merge_once(store, pool, memory=MergeMemory()) == MergeReport(uploads=1)


def test_of_two_merges_that_race_one_loses_the_swap_and_nothing_else(
    store: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    send(["Ada", "Ben"], names=["one", "two"])
    rival: list[MergeReport] = []

    def overtake(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN and not rival:
            send(["Ada"], names=["three"])
            rival.append(merge_once(store, pool))

    assert merge_once(store, pool, at=overtake) == MergeReport(more=True)
    assert rival[0].new_samples == 3
    assert merge_once(store, pool) == MergeReport()
    assert len(reader.load(store, pool, cache=tmp_path)) == 3
    dataset, _ = dataset_pointer.read(store, pool)
    assert dataset.uploads == 2
    named = [keys.shard(pool, ref.sha256) for ref in dataset.shards]
    assert store.list(keys.pool_shards(pool)) == sorted(named)  # what the loser wrote may hold what was erased since


def test_an_upload_that_another_merge_took_is_left_to_it(store: ObjectStore, pool: Pool, send: Send) -> None:
    upload = send(["Ada"])

    def take_away(step: MergeStep) -> None:
        if step is MergeStep.INBOX_LISTED:
            store.delete(keys.inbox(upload))

    assert merge_once(store, pool, at=take_away) == MergeReport()


def test_a_space_that_is_not_registered_cannot_be_merged(directory_store: ObjectStore, pool: Pool) -> None:
    with pytest.raises(NotFound, match=r"bundle\.json"):
        merge_once(directory_store, pool)


def test_pools_do_not_mix(
    store: ObjectStore, pool: Pool, send: Send, make_upload: Callable[..., bytes], tmp_path: Path
) -> None:
    other = Pool("work", pool.space)
    devices.add(store, EnrolledDevice("e" * 32, "work", 0, "0" * 64, 0))
    send(["Ada"], names=["one"])
    body = make_upload(["Boss"], names=["one"])
    inbox.add(store, InboxUpload(other, "e" * 32, 0, upload_id(body)), body)
    assert inbox.pools_with_news(store) == [pool, other]
    memory = MergeMemory()
    assert [merge_once(store, each, memory=memory).new_samples for each in (pool, other)] == [1, 1]
    assert reader.load(store, pool, cache=tmp_path).labels == ("Ada", "Ben")
    assert reader.load(store, other, cache=tmp_path).labels == ("Ada", "Ben", "Boss")
    assert dataset_pointer.pools(store) == [pool, other]


def test_bodies_are_fetched_at_most_a_few_at_a_time() -> None:
    """What a merge may hold at once: these many bodies, one decoded upload, and the rows of the batch."""
    assert batch.FETCHED_AT_ONCE * (32 << 20) + batch.MAX_BATCH_BYTES <= 512 << 20


def test_a_pointer_that_was_lost_is_no_empty_dataset_and_nothing_is_merged_into_it(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    """Merging had begun anew, with a dataset of what came since."""
    send(["Ada"])
    merge_once(store, pool)
    store.delete(keys.dataset_pointer(pool))
    waiting = send(["Ben"])
    with pytest.raises(Damaged, match="expected the pointer of a dataset, got none, though uploads were merged"):
        merge_once(store, pool)
    assert inbox.pending(store, pool).uploads == [waiting]


def test_before_the_first_merge_nothing_is_lost_also_where_one_was_killed(
    store: ObjectStore, pool: Pool, send: Send
) -> None:
    send(["Ada"])

    def fail(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        merge_once(store, pool, at=fail)
    assert merge_once(store, pool).rows == 1


def test_a_first_merge_that_ends_while_somebody_looks_is_no_loss(store: ObjectStore, pool: Pool, send: Send) -> None:
    send(["Ada"])
    busy = BusyStore(store, keys.pool_receipts(pool), lambda: merge_once(store, pool))
    assert dataset_pointer.read(busy, pool)[0].rows == 1  # type: ignore[arg-type]  # all of a store but its list


def test_what_a_device_sent_whose_document_is_damaged_waits_and_holds_up_nobody(
    store: ObjectStore, pool: Pool, send: Send, make_upload: Callable[..., bytes]
) -> None:
    """It stopped its whole group; and a thousand uploads of its hid all that were behind them."""
    waiting = send(["Ada"])
    key = keys.device(waiting.device)
    document = store.get(key).body
    store.put(key, document[:-1])
    others = "f" * 32
    devices.add(store, EnrolledDevice(others, pool.group, 0, "a" * 64, enrolled=1))
    body = make_upload(["Ben"])
    inbox.add(store, InboxUpload(pool, others, 0, upload_id(body)), body)
    many = [f"{keys.pool_inbox(pool)}{waiting.device}.0/{number:064}" for number in range(MAX_LISTED)]
    for one in many:
        store.put(one, b"")
    report = merge_once(store, pool)
    assert (report.uploads, report.more, set(report.held)) == (1, False, {waiting.device})
    assert merge_once(store, pool).more is False
    assert len(list(inbox.all_pending(store, pool))) == 1 + len(many)
    for one in many:
        store.delete(one)
    store.put(key, document)
    assert merge_once(store, pool) == MergeReport(uploads=1, rows=1, new_samples=1)


def test_stray_objects_hide_no_upload_behind_them(store: ObjectStore, pool: Pool, send: Send) -> None:
    for number in range(MAX_LISTED):
        store.put(f"{keys.pool_inbox(pool)}0-{number:04}", b"")
    send(["Ada"])
    assert merge_once(store, pool).uploads == 1
    assert merge_once(store, pool) == MergeReport()
