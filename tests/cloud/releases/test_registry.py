"""The registry: channels, serials that only grow, chains of releases, and what was trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import Damaged, LostRace, NotFound
from cloud.releases import registry
from cloud.releases.registry import FailedCycles, Registry, Release, TrainedDataset
from cloud.releases.signing import SigningKey, load_or_create
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import Pool
from contract.files import FileRef
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
    head = HeadFile(FileRef("a" * 64, 4), np.zeros(2, np.float32))
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
        golden_sha256="c" * 64,
        temperature=1.0,
        threshold=0.5,
        validation_accuracy=None,
        validation_samples=0,
        parent=parent,
    )


def release(store: ObjectStore, key: SigningKey, *manifests: Manifest) -> Registry:
    for each in manifests:
        registry.put_release(store, POOL, Release(each.encode(), each.parent, {"serial": each.serial}, WEIGHTS, 3))
    envelopes = {each.channel: key.sign(each.encode()) for each in manifests}
    previous = registry.read(store, POOL)
    return registry.publish(store, POOL, previous=previous, envelopes=envelopes, trained=TRAINED)


def test_before_the_first_release_there_is_an_empty_registry(store: ObjectStore) -> None:
    empty = registry.read(store, POOL)
    assert (dict(empty.channels), empty.trained, empty.next_serial(Channel.BEST)) == ({}, None, 1)
    assert registry.history(store, POOL) == ()


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
    found = [(one.channel.value, one.serial, one.report) for one in registry.history(store, POOL)]
    assert found[0] == ("latest", 2, {"serial": 2})
    assert sorted(found[1:]) == [("best", 1, {"serial": 1}), ("latest", 1, {"serial": 1})]
    assert len(registry.history(store, POOL, limit=2)) == 2


def test_a_failure_is_remembered_until_the_next_release(store: ObjectStore, key: SigningKey) -> None:
    failed = FailedCycles(commit="d" * 32, times=2, at=77)
    registry.note_failure(store, POOL, previous=registry.read(store, POOL), failed=failed)
    assert registry.read(store, POOL).failed == failed
    assert release(store, key, manifest(1)).failed is None


def test_that_nothing_could_be_trained_is_remembered_without_a_release(store: ObjectStore) -> None:
    registry.note_trained(store, POOL, previous=registry.read(store, POOL), trained=TRAINED)
    assert (registry.read(store, POOL).trained, registry.history(store, POOL)) == (TRAINED, ())


def test_a_release_says_what_it_was_trained_on(store: ObjectStore, key: SigningKey) -> None:
    current = release(store, key, manifest(1)).channels[Channel.LATEST]
    kept = registry.get_release(store, POOL, current.release)
    assert (kept.weights, kept.sample_count, kept.payload) == (WEIGHTS, 3, manifest(1).encode())


def test_a_release_that_was_never_kept_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        registry.get_release(store, POOL, "f" * 64)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"not json", b'{"commit": "x", "ancestors": [], "format": 2}'])
def test_a_pointer_that_is_none_is_damaged(store: ObjectStore, body: bytes) -> None:
    store.put(keys.registry_pointer(POOL), body)
    with pytest.raises(Damaged):
        registry.read(store, POOL)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"not json", b'{"payload": "AA=="}'])
def test_a_release_that_is_none_is_damaged(store: ObjectStore, body: bytes) -> None:
    store.put(keys.release(POOL, "f" * 64), body)
    with pytest.raises(Damaged):
        registry.get_release(store, POOL, "f" * 64)
