"""Documents of a later version, with unknown keys: read as without them, which stay where this version writes back."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.dataset import inbox, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.identity import devices
from cloud.releases import objects, registry, stored
from cloud.releases.failures import FailedCycles
from cloud.releases.history import history
from cloud.releases.publish import Publisher, TrainedHead
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.spaces import bundles
from cloud.spaces.base_counts import read_base_counts
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from cloud.training.weights import HeadWeights, decode_weights, encode_weights
from contract.bundle import TrainingBundle
from contract.bundle_files import BUNDLE_FILE
from contract.files import FileRef
from contract.manifest import Channel, Precision
from contract.tensors import ALIGNMENT, LENGTH_BYTES, METADATA_KEY, parse_header_length
from contract.training_bundle import BASE_FILE
from tests.cloud.conftest import DEVICE, SPACE

POOL = Pool("home", SPACE)
ADDED = {"by": ["a later version", {"not": "known"}]}
TRAINED = TrainedDataset("commit", 3, "cycle")
WEIGHTS = HeadWeights(np.ones((4, 2), np.float32), np.zeros(2, np.float32))
OPAQUE = {"report"}
"""Kept as it stands, whatever its keys are."""


@dataclass(frozen=True)
class Kind:
    """One kind of stored document: where one is, and how it is read."""

    key: Callable[[ObjectStore], str]
    read: Callable[[ObjectStore], object]


def best_release(store: ObjectStore) -> str:
    return registry.read(store, POOL).channels[Channel.BEST].release


KINDS = {
    "device": Kind(lambda store: keys.device(DEVICE), lambda store: devices.read(store, DEVICE)),
    "dataset pointer": Kind(
        lambda store: keys.dataset_pointer(POOL), lambda store: dataset_pointer.read(store, POOL)[0]
    ),
    "registry pointer": Kind(
        lambda store: keys.registry_pointer(POOL), lambda store: replace(registry.read(store, POOL), pointer=None)
    ),
    "release": Kind(
        lambda store: keys.release(POOL, best_release(store)),
        lambda store: stored.get_release(store, POOL, best_release(store)),
    ),
    "history of releases": Kind(
        lambda store: keys.release(POOL, best_release(store)), lambda store: history(store, POOL)
    ),
    "facts of a space": Kind(
        lambda store: keys.space_file(SPACE, BUNDLE_FILE), lambda store: bundles.read_facts(store, SPACE)
    ),
    "counts of a space": Kind(
        lambda store: keys.space_file(SPACE, BUNDLE_FILE), lambda store: read_base_counts(store, SPACE)
    ),
    "training bundle": Kind(
        lambda store: keys.space_file(SPACE, BUNDLE_FILE), lambda store: facts_of(bundles.read(store, SPACE))
    ),
}


def weights_key(store: ObjectStore) -> str:
    weights = stored.get_release(store, POOL, best_release(store)).weights
    assert weights is not None
    return objects.find(store, POOL.group, weights.sha256).key


def first_shard(store: ObjectStore) -> shards.ShardRef:
    return dataset_pointer.read(store, POOL)[0].shards[0]


TENSOR_FILES = {
    "shard": Kind(
        lambda store: keys.shard(POOL, first_shard(store).sha256),
        lambda store: plain(shards.read_columns(store, POOL, first_shard(store))),
    ),
    "weights": Kind(weights_key, lambda store: plain(decode_weights(store.get(weights_key(store)).body))),
}


def plain(read: Any) -> dict[str, object]:
    """The fields of an object that holds arrays, as values that can be compared."""
    values = {field.name: getattr(read, field.name) for field in fields(read)}
    return {
        name: plain(value) if is_dataclass(value) else value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def facts_of(bundle: TrainingBundle) -> tuple[object, ...]:
    return bundle.space, bundle.cut, bundle.feature_shape, bundle.labels, bundle.head, bundle.golden_sample_sha256


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    return directory_store


@pytest.fixture
def release(store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path) -> Callable[..., Registry]:
    """Releases a head on some channels."""

    def publish(*channels: Channel, previous: Registry | None = None) -> Registry:
        head = TrainedHead(
            labels=("Ada", "Ben"),
            weights=encode_weights(WEIGHTS),
            heads={Precision.FLOAT32: b"float32"},
            logits={Precision.FLOAT32: np.zeros(2, np.float32)},
            temperature=1.0,
            threshold=0.5,
            accuracy=None,
            held_out=0,
            rows=3,
            report={"gate": {"passes": True}},
        )
        return Publisher(store, load_or_create(tmp_path / "state", store), 3600.0).publish(
            POOL,
            head,
            bundle=training_bundle,
            previous=previous or registry.read(store, POOL),
            channels=channels,
            trained=TRAINED,
            now=1_800_000_000,
        )

    return publish


@pytest.fixture
def filled(
    store: ObjectStore,
    space: str,
    release: Callable[..., Registry],
    arrive: Callable[[bytes], InboxUpload],
    make_upload: Callable[..., bytes],
) -> ObjectStore:
    """A store with one document of every kind in it."""
    body = make_upload(["Ada", "Cleo"])
    inbox.add(store, arrive(body), body)
    merge_once(store, POOL)
    release(Channel.LATEST, Channel.BEST)
    failed = FailedCycles("another commit", 2, 1_800_000_000)
    registry.note_failure(store, POOL, previous=registry.read(store, POOL), failed=failed)
    return store


def with_added_keys(value: Any) -> Any:
    """A JSON tree with a key that nobody knows in each of its objects."""
    if isinstance(value, list):
        return [with_added_keys(each) for each in value]
    if isinstance(value, dict):
        changed = {key: each if key in OPAQUE else with_added_keys(each) for key, each in value.items()}
        return {**changed, "added": ADDED}
    return value


def with_added_header_keys(body: bytes) -> bytes:
    """A tensor file with a key that nobody knows in each object of its metadata, and in what it says of each tensor."""
    data_start = LENGTH_BYTES + parse_header_length(body)
    document = {METADATA_KEY: {}} | json.loads(body[LENGTH_BYTES:data_start])
    header = json.dumps({name: with_added_keys(each) for name, each in document.items()}).encode()
    header += b" " * (-len(header) % ALIGNMENT)
    return struct.pack("<Q", len(header)) + header + body[data_start:]


def change(store: ObjectStore, key: str, how: Callable[[Any], Any]) -> None:
    store.put(key, json.dumps(how(json.loads(store.get(key).body))).encode())


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_document_with_unknown_keys_at_every_level_is_read_as_without_them(filled: ObjectStore, kind: Kind) -> None:
    """A version that added a key made every older process call the document damaged."""
    expected, key = kind.read(filled), kind.key(filled)
    change(filled, key, with_added_keys)
    assert kind.read(filled) == expected


@pytest.mark.parametrize("kind", TENSOR_FILES.values(), ids=TENSOR_FILES)
def test_a_tensor_file_with_unknown_keys_in_its_header_is_read_as_without_them(filled: ObjectStore, kind: Kind) -> None:
    expected, key = kind.read(filled), kind.key(filled)
    filled.put(key, with_added_header_keys(filled.get(key).body))
    assert kind.read(filled) == expected


def test_base_samples_with_unknown_keys_are_read_as_without_them(filled: ObjectStore) -> None:
    """Their hash stands in the bundle's document."""
    counts, base = read_base_counts(filled, SPACE), plain(bundles.read(filled, SPACE).base)
    key = keys.space_file(SPACE, BASE_FILE)
    body = with_added_header_keys(filled.get(key).body)
    filled.put(key, body)
    change(
        filled, keys.space_file(SPACE, BUNDLE_FILE), lambda document: document | {"base": FileRef.of(body).document()}
    )
    assert read_base_counts(filled, SPACE) == counts
    assert plain(bundles.read(filled, SPACE).base) == base


def test_an_upload_with_unknown_keys_is_merged_as_without_them(
    filled: ObjectStore, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> None:
    body = with_added_header_keys(make_upload(["Dora"]))
    inbox.add(filled, arrive(body), body)
    assert merge_once(filled, POOL).rows == 1


def test_an_older_merge_keeps_what_a_later_version_added_to_the_datasets_pointer(
    filled: ObjectStore, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> None:
    change(filled, keys.dataset_pointer(POOL), with_added_keys)
    body = make_upload(["Dora"])
    inbox.add(filled, arrive(body), body)
    assert merge_once(filled, POOL).rows == 1
    written = json.loads(filled.get(keys.dataset_pointer(POOL)).body)
    assert written["added"] == ADDED
    assert ["added" in shard for shard in written["shards"]] == [True, False]
    assert dataset_pointer.read(filled, POOL)[0].rows == 3


def test_an_older_release_keeps_what_a_later_version_added_to_the_registry(
    filled: ObjectStore, release: Callable[..., Registry]
) -> None:
    """Not in what it writes anew: the channel, and what was trained."""
    change(filled, keys.registry_pointer(POOL), with_added_keys)
    release(Channel.LATEST)
    written = json.loads(filled.get(keys.registry_pointer(POOL)).body)
    assert written["added"] == written["channels"]["added"] == written["serials"]["added"] == ADDED
    assert written["channels"]["best"]["added"] == written["channels"]["best"]["envelope"]["added"] == ADDED
    assert "added" not in written["channels"]["latest"]
    assert registry.read(filled, POOL).serials == {Channel.BEST: 1, Channel.LATEST: 2}


def test_a_channel_of_a_later_version_keeps_its_release_and_its_serial(
    filled: ObjectStore, release: Callable[..., Registry]
) -> None:
    """Its serial began again at 1, which every device refuses, once an older worker had released something."""

    def add_channel(document: Any) -> Any:
        document["channels"]["canary"], document["serials"]["canary"] = document["channels"]["best"], 41
        return document

    change(filled, keys.registry_pointer(POOL), add_channel)
    assert set(registry.read(filled, POOL).channels) == {Channel.BEST, Channel.LATEST}
    release(Channel.LATEST, Channel.BEST)
    written = json.loads(filled.get(keys.registry_pointer(POOL)).body)
    assert (written["serials"]["canary"], written["serials"]["best"]) == (41, 2)
    assert written["channels"]["canary"]["release"] != written["channels"]["best"]["release"]


def test_a_failure_that_is_noted_keeps_what_was_trained_as_it_stands(filled: ObjectStore) -> None:
    change(filled, keys.registry_pointer(POOL), with_added_keys)
    failed = FailedCycles("a third commit", 3, 1_800_000_001)
    registry.note_failure(filled, POOL, previous=registry.read(filled, POOL), failed=failed)
    written = json.loads(filled.get(keys.registry_pointer(POOL)).body)
    assert (written["trained"]["added"], "added" in written["failed"]) == (ADDED, False)
    assert registry.read(filled, POOL).failed == failed
