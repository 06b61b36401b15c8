"""The registry: channels, serials that only grow, chains of releases, and what was trained."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import Damaged, LostRace, NotFound, NothingToDo
from cloud.releases import registry, stored
from cloud.releases.failures import FailedCycles
from cloud.releases.history import chain, find, history
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.signing import SigningKey, load_or_create
from cloud.releases.stored import Release
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import Pool
from contract.documents import Json, encode_json
from contract.files import FileRef
from contract.history import MAX_HISTORY
from contract.manifest import Channel, HeadFile, Manifest, Precision

POOL = Pool("home", "5" * 64)
TRAINED = TrainedDataset(commit="d" * 32, rows=7, cycle="c1")
WEIGHTS = FileRef("e" * 64, 9)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    return opened


@pytest.fixture
def key(tmp_path: Path, store: ObjectStore) -> SigningKey:
    return load_or_create(tmp_path / "state", store)


def manifest(serial: int, channel: Channel = Channel.LATEST, parent: str | None = None) -> Manifest:
    head = HeadFile.of(FileRef("a" * 64, 4), np.zeros(2, np.float32))
    return Manifest(
        group=POOL.group,
        space=POOL.space,
        channel=channel,
        serial=serial,
        issued=1_000 + serial,
        expires=9_000,
        cut="freeze6",
        feature_shape=(512,),
        labels=FileRef("b" * 64, 8),
        label_count=2,
        heads={Precision.FLOAT32: head},
        golden_sample_sha256="c" * 64,
        temperature=1.0,
        threshold=0.5,
        validation_accuracy=None,
        validation_samples=0,
        parent=parent,
    )


def release(store: ObjectStore, key: SigningKey, *manifests: Manifest, publication: str | None = None) -> Registry:
    previous = registry.read(store, POOL)
    for each in manifests:
        stored.put_release(store, POOL, Release(each.encode(), each.parent, {"serial": each.serial}, WEIGHTS, 3))
    envelopes = {each.channel: key.sign(each.encode()) for each in manifests}
    return registry.publish(
        store, POOL, previous=previous, envelopes=envelopes, trained=TRAINED, publication=publication
    )


def test_before_the_first_release_there_is_an_empty_registry(store: ObjectStore) -> None:
    empty = registry.read(store, POOL)
    assert (dict(empty.channels), empty.trained, empty.next_serial(Channel.BEST)) == ({}, None, 1)
    assert history(store, POOL) == ()


def test_what_was_published_is_read_back(store: ObjectStore, key: SigningKey) -> None:
    release(store, key, manifest(1), manifest(1, Channel.BEST))
    read = registry.read(store, POOL)
    assert read.channels[Channel.BEST].manifest.encode() == manifest(1, Channel.BEST).encode()
    assert read.channels[Channel.BEST].envelope == key.sign(manifest(1, Channel.BEST).encode())
    assert (read.trained, dict(read.serials)) == (TRAINED, {Channel.LATEST: 1, Channel.BEST: 1})


def test_a_channel_that_is_not_published_stays_where_it_was(store: ObjectStore, key: SigningKey) -> None:
    release(store, key, manifest(1), manifest(1, Channel.BEST))
    release(store, key, manifest(2))
    read = registry.read(store, POOL)
    assert {channel: one.manifest.serial for channel, one in read.channels.items()} == {"best": 1, "latest": 2}


def test_a_serial_that_does_not_grow_is_a_bug_and_changes_nothing(store: ObjectStore, key: SigningKey) -> None:
    release(store, key, manifest(3))
    with pytest.raises(ValueError, match="latest: expected serial 4, got 3"):
        release(store, key, manifest(3))
    assert registry.read(store, POOL).serials == {Channel.LATEST: 3}


def test_of_two_that_publish_at_once_one_loses(store: ObjectStore, key: SigningKey) -> None:
    stale = registry.read(store, POOL)
    release(store, key, manifest(1))
    envelopes = {Channel.LATEST: key.sign(manifest(1).encode())}
    with pytest.raises(LostRace):
        registry.publish(store, POOL, previous=stale, envelopes=envelopes, trained=TRAINED)


def test_history_follows_both_chains_newest_first(store: ObjectStore, key: SigningKey) -> None:
    first = manifest(1)
    release(store, key, first, manifest(1, Channel.BEST))
    release(store, key, replace(manifest(2), parent=Release(first.encode(), None, {}, WEIGHTS, 0).sha256))
    found = [(one.channel.value, one.serial, one.report) for one in history(store, POOL)]
    assert found[0] == ("latest", 2, {"serial": 2})
    assert sorted(found[1:]) == [("best", 1, {"serial": 1}), ("latest", 1, {"serial": 1})]
    assert len(history(store, POOL, limit=2)) == 2


def test_a_failure_is_remembered_until_the_next_release(store: ObjectStore, key: SigningKey) -> None:
    failed = FailedCycles(commit="d" * 32, times=2, at=77)
    registry.note_failure(store, POOL, previous=registry.read(store, POOL), failed=failed)
    assert registry.read(store, POOL).failed == failed
    assert release(store, key, manifest(1)).failed is None


def test_that_nothing_could_be_trained_is_remembered_without_a_release(store: ObjectStore) -> None:
    registry.note_trained(store, POOL, previous=registry.read(store, POOL), trained=TRAINED)
    assert (registry.read(store, POOL).trained, history(store, POOL)) == (TRAINED, ())


def test_a_release_says_what_it_was_trained_on(store: ObjectStore, key: SigningKey) -> None:
    current = release(store, key, manifest(1)).channels[Channel.LATEST]
    kept = stored.get_release(store, POOL, current.release)
    assert (kept.weights, kept.rows, kept.payload) == (WEIGHTS, 3, manifest(1).encode())


def test_a_release_that_leaves_out_as_many_samples_as_it_may_is_read_back(store: ObjectStore) -> None:
    left_out = tuple(range(10**9, 10**9 + stored.MAX_LEFT_OUT))
    full = Release(manifest(1).encode(), None, {}, WEIGHTS, 2 * 10**9, left_out)
    stored.put_release(store, POOL, full)
    assert stored.get_release(store, POOL, full.sha256).left_out == left_out


def test_a_release_that_was_never_kept_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        stored.get_release(store, POOL, "f" * 64)


POINTER: dict[str, Json] = {
    "commit": "x",
    "ancestors": [],
    "format": 1,
    "channels": {},
    "serials": {},
    "trained": None,
    "failed": None,
}
NO_REGISTRIES = [
    pytest.param(b"not json", ": expected JSON in UTF-8", id="not JSON"),
    pytest.param(b"[]", ": expected a JSON object", id="a list"),
    pytest.param(POINTER | {"commit": 1}, r"\.commit: expected a string, got 1", id="no pointer"),
    pytest.param(POINTER | {"format": 2}, r"\.format: expected 1, got 2", id="a later format"),
    pytest.param(POINTER | {"channels": []}, r"\.channels: expected an object", id="no channels"),
    pytest.param(
        POINTER | {"channels": {"best": {"release": "f" * 64, "envelope": {}}}},
        r": envelope\.payload: expected",
        id="no payload",
    ),
    pytest.param(POINTER | {"serials": {"best": "1"}}, r"\.serials\.best: expected an integer", id="a serial of text"),
    pytest.param(POINTER | {"trained": {"rows": 1}}, r"\.trained\.dataset: expected a string", id="no dataset"),
    pytest.param(POINTER | {"failed": {"dataset": "d"}}, r"\.failed\.times: expected an integer", id="no times"),
]


@pytest.mark.parametrize(("document", "said"), NO_REGISTRIES)
def test_a_pointer_of_something_else_is_damaged_and_the_message_says_where(
    store: ObjectStore, document: bytes | dict[str, Json], said: str
) -> None:
    key = keys.registry_pointer(POOL)
    store.put(key, document if isinstance(document, bytes) else encode_json(document))
    with pytest.raises(Damaged, match=f"^{key}{said}"):
        registry.read(store, POOL)


def test_a_signed_manifest_that_cannot_be_read_is_damaged(store: ObjectStore, key: SigningKey) -> None:
    """It was an error of the contract, as if a device had sent it."""
    release(store, key, manifest(1))
    channels: Json = {"latest": {"release": "f" * 64, "envelope": json.loads(key.sign(b"{}").encode())}}
    store.put(keys.registry_pointer(POOL), encode_json(POINTER | {"channels": channels, "serials": {"latest": 1}}))
    with pytest.raises(
        Damaged, match=r"^the current release f{64}: manifest\.format: expected an integer, got nothing"
    ):
        _ = registry.read(store, POOL).newest_issue


NO_RELEASES = [
    pytest.param(b"not json", ": expected JSON in UTF-8", id="not JSON"),
    pytest.param(b"[]", ": expected a JSON object", id="a list"),
    pytest.param(b"{}", r"\.payload: expected a string of base64, got nothing", id="empty"),
    pytest.param(b'{"payload": "AA=="}', r"\.report: expected an object, got nothing", id="no report"),
]


@pytest.mark.parametrize(("body", "said"), NO_RELEASES)
def test_another_document_than_a_release_is_damaged_and_the_message_says_where(
    store: ObjectStore, body: bytes, said: str
) -> None:
    key = keys.release(POOL, "f" * 64)
    store.put(key, body)
    with pytest.raises(Damaged, match=f"^{key}{said}"):
        stored.get_release(store, POOL, "f" * 64)


def test_a_chain_ends_with_the_newest_hundred_whatever_is_behind_them(
    store: ObjectStore, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = None
    for serial in range(1, MAX_HISTORY + 4):
        payload = replace(manifest(serial), parent=parent)
        release(store, key, payload)
        parent = Release(payload.encode(), None, {}, WEIGHTS, 0).sha256
    oldest = history(store, POOL, limit=MAX_HISTORY + 4)[-1]
    assert oldest.serial == 4
    store.delete(keys.release(POOL, oldest.parent or ""))
    current = registry.read(store, POOL).channels[Channel.LATEST]
    assert len(list(chain(store, POOL, current))) == MAX_HISTORY
    with pytest.raises(NothingToDo):
        find(store, POOL, current, serial=3)


def test_what_a_publication_wrote_is_kept_with_its_release_until_the_registry_is_settled(
    store: ObjectStore, key: SigningKey
) -> None:
    first = release(store, key, manifest(1), publication="1" * 16)
    assert first.publications == ("1" * 16,)
    second = registry.settle(store, POOL, previous=first, publications=["2" * 16], serials={Channel.BEST: 9}, fence=7)
    assert (second.publications, second.fence) == ((), 7)
    assert replace(second, pointer=None) == replace(registry.read(store, POOL), pointer=None)
    assert (second.next_serial(Channel.BEST), second.next_serial(Channel.LATEST)) == (10, 2)
    gone = Release(b"", None, {}, WEIGHTS, 0, publication="1" * 16)
    assert (first.keeps(gone), second.keeps(gone)) == (True, False)
    with pytest.raises(LostRace):
        registry.settle(store, POOL, previous=first, publications=[], serials={}, fence=7)
