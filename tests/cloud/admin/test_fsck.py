"""What does not hold together is found, and what can be mended is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.admin.fsck import Checker, Finding
from cloud.dataset import erasures, inbox, reader
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.dataset.pointer import PoolErasure
from cloud.dataset.scopes import GroupScope
from cloud.identity import codes, operators
from cloud.overview import heartbeats
from cloud.releases import registry, requests
from cloud.releases.decisions import Decision
from cloud.releases.erase import ReleaseEraser
from cloud.releases.registry import TrainedDataset
from cloud.releases.requests import OperatorRequest, Outcome, RequestKind, RequestState
from cloud.releases.signing import load
from cloud.releases.space_lists import SpaceLister
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.lease import Leases
from cloud.store.listing import delete_under, keys_under
from cloud.worker.pulse import Pulse
from contract.bundle import TrainingBundle
from contract.manifest import Channel
from tests.cloud.releases.test_publish import publish_once

Send = Callable[..., InboxUpload]

KINDS_OF_OBJECTS = {
    *("codes", "dataset", "devices", "duty", "erasures", "keys", "lease", "objects", "operators"),
    *("named", "outcomes", "registry", "requests", "spaces", "spaces-of", "tombstones", "trials", "workers"),
}
"""Of the layout of the store; the others are empty marks, are left to be judged by others, or pass."""


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    return directory_store


@pytest.fixture
def send(
    store: ObjectStore, pool: Pool, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> Send:
    """Sends an upload of `DEVICE` and merges it."""

    def put(*labels: str, merge: bool = True) -> InboxUpload:
        body = make_upload(list(labels))
        inbox.add(store, arrive(body), body)
        if merge:
            merge_once(store, pool)
        return arrive(body)

    return put


@pytest.fixture
def sound(store: ObjectStore, space: str, send: Send, training_bundle: TrainingBundle, tmp_path: Path) -> ObjectStore:
    """A store with two merged uploads, one that waits, and a release."""
    send("Ada", "Cleo")
    send("Ben")
    publish_once(store, tmp_path / "state", training_bundle)
    send("Dora", merge=False)
    return store


def found(store: ObjectStore, *, mend: bool = False) -> list[Finding]:
    return list(Checker(store, mend=mend).run())


def test_in_a_sound_store_nothing_is_found(sound: ObjectStore, pool: Pool) -> None:
    # The release of these tests was trained on more rows than there are.
    registry.forget_trained(sound, pool, previous=registry.read(sound, pool))
    assert found(sound) == []


def test_a_pool_that_was_trained_on_more_than_is_there_is_trained_again(sound: ObjectStore, pool: Pool) -> None:
    [finding] = found(sound, mend=True)
    assert (finding.key, finding.is_mended) == (keys.registry_pointer(pool), True)
    assert "expected to have trained on at most 3 rows, got 7" in finding.what
    assert registry.read(sound, pool).trained is None
    assert found(sound) == []


@pytest.fixture
def store_of_release(sound: ObjectStore, pool: Pool) -> ObjectStore:
    """A sound store."""
    current = registry.read(sound, pool)
    registry.note_trained(sound, pool, previous=current, trained=TrainedDataset("x", 3, "c"))
    assert found(sound) == []
    return sound


def test_a_shard_that_is_gone_costs_its_rows_and_sent_again_they_count(
    store_of_release: ObjectStore, pool: Pool, send: Send, tmp_path: Path
) -> None:
    store = store_of_release
    first, _ = dataset_pointer.read(store, pool)[0].shards
    store.delete(keys.shard(pool, first.sha256))
    findings = found(store, mend=True)
    assert [one.key for one in findings] == [
        keys.shard(pool, first.sha256),
        keys.pool_receipts(pool),
        keys.registry_pointer(pool),  # it was trained on more rows than there are now
    ]
    assert "2 rows are lost" in findings[0].what
    assert all(one.is_mended for one in findings)
    dataset, _ = dataset_pointer.read(store, pool)
    assert (dataset.samples, dataset.rows, dataset.uploads, len(dataset.shards)) == (1, 1, 1, 1)
    assert found(store) == []
    send("Ada", "Cleo")
    assert len(reader.load(store, pool, cache=tmp_path / "cache")) == 4


def test_a_shard_that_was_cut_short_is_found(store_of_release: ObjectStore, pool: Pool) -> None:
    store = store_of_release
    first, _ = dataset_pointer.read(store, pool)[0].shards
    body = store.get(keys.shard(pool, first.sha256)).body
    store.put(keys.shard(pool, first.sha256), body[:-1])
    assert [one.key for one in found(store) if one.is_fault] == [keys.shard(pool, first.sha256)]


def test_a_receipt_without_rows_is_taken_back_and_the_upload_counts_when_it_is_sent_again(
    store_of_release: ObjectStore,
    pool: Pool,
    send: Send,
    make_upload: Callable[..., bytes],
    arrive: Callable[[bytes], InboxUpload],
) -> None:
    """It was acknowledged and dropped."""
    store = store_of_release
    lost = arrive(make_upload(["Eve"]))
    store.put(keys.receipt(lost), b"")
    [finding] = found(store, mend=True)
    assert (finding.key, finding.is_fault, finding.is_mended) == (keys.pool_receipts(pool), False, True)
    assert finding.what.startswith("1 receipts of uploads that the dataset does not name")
    rows = dataset_pointer.read(store, pool)[0].rows
    send("Eve")
    assert dataset_pointer.read(store, pool)[0].rows == rows + 2  # and the one that waited


@pytest.mark.parametrize("mend", [False, True])
def test_lost_pointers_are_said_and_not_mended(store_of_release: ObjectStore, pool: Pool, *, mend: bool) -> None:
    store = store_of_release
    store.delete(keys.dataset_pointer(pool))
    [dataset] = found(store, mend=mend)
    store.delete(keys.registry_pointer(pool))
    assert [one.key for one in found(store, mend=mend)] == [keys.dataset_pointer(pool), keys.registry_pointer(pool)]
    assert dataset.what.startswith("expected the pointer of a dataset, got none")
    assert not dataset.is_mended


def test_an_upload_of_a_device_that_is_not_there_is_said_before_it_is_set_aside(
    store_of_release: ObjectStore, arrive: Callable[[bytes], InboxUpload]
) -> None:
    store = store_of_release
    device = keys.device(arrive(b"").device)
    store.delete(device)
    [finding] = found(store, mend=True)
    assert (finding.key, finding.is_mended) == (device, False)
    assert "1 of its uploads would be set aside" in finding.what


def test_a_stray_object_in_an_inbox_is_said_is_no_fault_and_hides_nothing_behind_it(
    store_of_release: ObjectStore, pool: Pool
) -> None:
    store = store_of_release
    stray = f"{keys.pool_inbox(pool)}README"
    store.put(stray, b"")
    store.put(keys.registry_pointer(pool), b"{}")
    first, second = found(store, mend=True)
    assert (first.key, first.is_fault, first.is_mended) == (stray, False, False)
    assert first.what.endswith(": left in the inbox")
    assert second.key == keys.registry_pointer(pool)
    assert store.get(stray).body == b""


@pytest.mark.parametrize("mend", [False, True])
def test_what_a_standing_release_lacks_is_said(store_of_release: ObjectStore, pool: Pool, *, mend: bool) -> None:
    store = store_of_release
    manifest = registry.read(store, pool).channels[Channel.BEST].manifest
    head = next(iter(manifest.heads.values())).file
    delete_under(store, keys.shared_object(pool.group, head.sha256))
    findings = found(store, mend=mend)
    assert {one.key for one in findings} == {keys.shared_object(pool.group, head.sha256).removesuffix("/")}
    assert "best 1 is made of, got none or another: promote another release" in findings[0].what


def test_files_that_are_gone_on_purpose_are_no_fault_and_those_that_are_kept_are_missed(
    store_of_release: ObjectStore, pool: Pool, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    """A promotion of one of the latter would name what nobody can fetch."""
    store = store_of_release
    old = registry.read(store, pool).channels[Channel.BEST].manifest
    publish_once(store, tmp_path / "state", training_bundle, version=2)
    registry.forget_trained(store, pool, previous=registry.read(store, pool))
    sha256 = next(iter(old.heads.values())).file.sha256
    delete_under(store, keys.shared_object(pool.group, sha256))
    findings = found(store)
    assert {one.key for one in findings} == {keys.shared_object(pool.group, sha256).removesuffix("/")}
    assert "best 1 is made of, got none or another: do not promote this release" in findings[0].what
    current = registry.read(store, pool)
    kept = current.publications[1:]
    registry.settle(store, pool, previous=current, publications=kept, serials={}, fence=0)
    assert found(store) == []


def test_a_release_of_the_history_that_is_gone_is_said(store_of_release: ObjectStore, pool: Pool) -> None:
    store = store_of_release
    name = registry.read(store, pool).channels[Channel.BEST].release
    store.delete(keys.release(pool, name))
    assert [one.key for one in found(store)] == [keys.release(pool, name)]


def erased(store: ObjectStore, pool: Pool, erasure: str) -> None:
    """Names an erasure in the dataset alone, as a back-up has it that met the erasure."""
    dataset, pointer = dataset_pointer.read(store, pool)
    dataset_pointer.swap(store, pool, replace(dataset, erasure=PoolErasure(erasure, {erasure: 1})), previous=pointer)


def test_an_erasure_that_only_the_dataset_names_is_carried_out(
    store_of_release: ObjectStore, pool: Pool, tmp_path: Path
) -> None:
    """Every cycle took itself for overtaken by it, for ever."""
    store, state = store_of_release, tmp_path / "state"
    before = registry.read(store, pool).channels[Channel.BEST]
    head = next(iter(before.manifest.heads.values())).file
    store.delete(keys.release(pool, before.release))  # as the worker had done by the last step of the back-up
    erased(store, pool, "e" * 32)
    erasure, _ = found(store)
    assert (erasure.key, erasure.is_fault, erasure.can_be_mended) == (keys.registry_pointer(pool), True, True)
    assert f"expected erasure {'e' * 32}, which the dataset names, got none" in erasure.what
    checker = Checker(store, mend=True, eraser=lambda: ReleaseEraser(store, load(state, store), 3600.0), now=2e9)
    assert [one.is_mended for one in checker.run()] == [True]
    after = registry.read(store, pool)
    assert (after.erasure, after.trained) == ("e" * 32, None)
    assert after.channels[Channel.BEST].manifest.serial == before.manifest.serial + 1
    assert dict(after.channels[Channel.BEST].manifest.heads) == {}
    assert store.list(keys.shared_object(pool.group, head.sha256)) == []
    assert found(store) == []


def test_an_erasure_that_the_worker_goes_on_with_is_no_fault_unless_it_is_done_with_the_pool(
    store_of_release: ObjectStore, pool: Pool
) -> None:
    store = store_of_release
    asked = erasures.ask(store, GroupScope(pool.group), by="ops", now=0)
    erased(store, pool, asked.id)
    assert found(store) == []
    erasures.note(store, replace(asked, pools={pool.path: 1}))
    assert [one.key for one in found(store)] == [keys.registry_pointer(pool)]
    store.put(keys.erasure(asked.id), b"{")
    assert [one.key for one in found(store)] == [keys.erasure(asked.id), keys.registry_pointer(pool)]


def test_an_erasure_that_only_the_registry_names_is_told_and_hinders_no_cycle(
    store_of_release: ObjectStore, pool: Pool
) -> None:
    store = store_of_release
    registry.erase(store, pool, previous=registry.read(store, pool), envelopes={}, erasure="e" * 32)
    [finding] = found(store, mend=True)
    assert (finding.key, finding.is_mended) == (keys.dataset_pointer(pool), True)
    assert finding.what.endswith("got none: ask for it again")
    assert dataset_pointer.read(store, pool)[0].erasure == PoolErasure("e" * 32, {})
    assert found(store) == []


def test_where_the_bundle_is_gone_an_erasure_is_not_mended_and_ends_nothing(
    store_of_release: ObjectStore, pool: Pool, tmp_path: Path
) -> None:
    store, state = store_of_release, tmp_path / "state"
    erased(store, pool, "e" * 32)
    store.delete(keys.space_file(pool.space, "labels.json"))
    checker = Checker(store, mend=True, eraser=lambda: ReleaseEraser(store, load(state, store), 3600.0), now=2e9)
    lacks, finding = checker.run()
    assert lacks.key == keys.space_file(pool.space, "labels.json")
    assert (finding.key, finding.is_mended) == (keys.registry_pointer(pool), False)
    assert "labels.json: expected an object, got none" in finding.what


def test_a_space_that_is_not_registered_is_said(store_of_release: ObjectStore, pool: Pool) -> None:
    store = store_of_release
    store.delete(keys.space_file(pool.space, "bundle.json"))
    assert [one.key for one in found(store)] == [keys.space_file(pool.space, "bundle.json")]


def test_a_key_that_is_not_in_the_chain_is_said(store_of_release: ObjectStore) -> None:
    store = store_of_release
    store.put(keys.CHAIN, b"{}")
    assert [one.key for one in found(store)] == [keys.CHAIN]


NEVER_READ_BY_FSCK = (keys.INBOX, keys.REJECTED)
"""What waits is judged by the merge, and what was set aside is for people."""


@pytest.fixture
def full(store_of_release: ObjectStore, pool: Pool, tmp_path: Path) -> ObjectStore:
    """A store with an object of every kind that the layout names."""
    store, key = store_of_release, load(tmp_path / "state", store_of_release)
    codes.add(store, codes.draw(), group="home", uses=1, expires=2, now=1)
    operators.add(store, "Grace", group=None, now=1)
    asked = erasures.ask(store, GroupScope("work"), by="ada", now=1)
    erasures.finish(store, asked, now=2)
    erasures.ask(store, GroupScope("work"), by="ada", now=3)
    request = OperatorRequest(RequestKind.UNPIN, pool, Decision("ops", "why", 1))
    requests.submit(store, request)
    requests.finish(store, requests.submit(store, request), Outcome(request, RequestState.DONE, "done"))
    heartbeats.write(store, Pulse(worker="a" * 16).heartbeat())
    SpaceLister(store, key, 3600.0).renew("home", registered=[pool.space], now=1)
    for record in (keys.trial(pool, "1-a", "means"), keys.named(pool)):
        store.put(record, b"{}")
    for kept in (keys.lease(pool), keys.duty("erasing")):
        Leases(store, "a worker").take(kept)
    return store


def test_whatever_is_cut_in_half_is_named_with_what_to_do(full: ObjectStore, pool: Pool) -> None:
    """One device's document stopped its group's merges, and fsck said that the store held together."""
    store = full
    sound = {one.key for one in found(store)}
    looked_at = [key for key in keys_under(store, "") if not key.startswith(NEVER_READ_BY_FSCK)]
    tried = set()
    for key in looked_at:
        body = store.get(key).body
        if not body:
            continue  # a mark: its name is all that it says
        store.put(key, body[: len(body) // 2])
        named = {one.key: one for one in found(store) if one.key not in sound}
        assert key in named, key
        assert named[key].is_fault
        store.put(key, body)
        tried.add(key.partition("/")[0])
    assert {one.key for one in found(store)} == sound
    assert tried == KINDS_OF_OBJECTS


@pytest.mark.parametrize(
    ("prefix", "advice"),
    [
        (keys.DEVICES, "the device enrols with a code again"),
        (keys.CODES, "add another code"),
        (keys.ERASURES, "ask for the erasure again"),
        (keys.SPACES, "puts the same bundle in its place"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_with_what_to_do(full: ObjectStore, prefix: str, advice: str) -> None:
    key = full.list(prefix)[0]
    full.put(key, full.get(key).body[:-5])
    [finding] = [one for one in found(full) if one.key == key]
    assert finding.what.startswith("expected ")
    assert finding.what.endswith(advice)
