"""Registered training bundles, read from the store and from local copies."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import Damaged, NotFound
from cloud.spaces import bundles
from cloud.spaces.bundle_cache import BundleCache
from cloud.store import ObjectStore, keys
from contract.bundle import TrainingBundle
from tests.cloud.counting import CountingStore
from tests.cloud.spaces.test_base_counts import base_file, put_file


def test_a_space_that_is_damaged_in_the_store_is_said(store: ObjectStore, space: str) -> None:
    store.put(keys.space_file(space, "head.keras"), b"damaged")
    with pytest.raises(Damaged, match=r"head\.keras"):
        bundles.read(store, space)
    store.put(keys.space_file(space, "bundle.json"), b"{}")
    with pytest.raises(Damaged, match=r"bundle\.json"):
        bundles.read_facts(store, space)


def test_a_space_that_is_not_registered_is_not_found(store: ObjectStore) -> None:
    for read in (bundles.read, bundles.read_facts):
        with pytest.raises(NotFound):
            read(store, "0" * 64)


def test_a_fetched_bundle_has_files_and_is_fetched_once(
    store: ObjectStore, space: str, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    bundle = bundles.fetch(store, space, tmp_path / "bundle")
    assert bundle.directory == tmp_path / "bundle"
    assert (tmp_path / "bundle/head.keras").read_bytes() == store.get(keys.space_file(space, "head.keras")).body
    store.delete(keys.space_file(space, "head.keras"))
    assert bundles.fetch(store, space, tmp_path / "bundle").head == training_bundle.head


def test_a_broken_copy_is_fetched_again(store: ObjectStore, space: str, tmp_path: Path) -> None:
    bundles.fetch(store, space, tmp_path / "bundle")
    (tmp_path / "bundle/labels.json").write_bytes(b"[]")
    assert bundles.fetch(store, space, tmp_path / "bundle").labels == ("Ada", "Ben")


def test_the_features_of_a_fetched_bundle_stay_in_their_file(
    store: ObjectStore, space: str, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    features = bundles.fetch(store, space, tmp_path / "bundle").base.features
    assert isinstance(features, np.memmap)
    assert np.array_equal(features, training_bundle.base.features)


def test_a_fetched_bundle_holds_no_features_in_memory(store: ObjectStore, space: str, tmp_path: Path) -> None:
    """The other columns were views of the whole file's bytes, which they kept for the worker's life."""
    put_file(store, space, "base.tensors", key="base", body=base_file([0, 1] * 100_000, width=4))
    bundles.fetch(store, space, tmp_path / "bundle")
    tracemalloc.start()
    bundle = bundles.fetch(store, space, tmp_path / "bundle")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    columns = bundle.base.labels.nbytes + bundle.base.sample_ids.nbytes + bundle.base.splits.nbytes
    assert kept < columns + bundle.base.features.nbytes // 4


def test_a_bundle_without_base_samples_is_fetched(store: ObjectStore, space: str, tmp_path: Path) -> None:
    put_file(store, space, "base.tensors", key="base", body=base_file([]))
    assert bundles.fetch(store, space, tmp_path / "bundle").base.features.shape == (0, 4)


def test_a_worker_fetches_and_verifies_a_bundle_once(store: ObjectStore, space: str, tmp_path: Path) -> None:
    """It hashed up to 4 GiB at the beginning of every cycle."""
    cache, counting = BundleCache(), CountingStore(store)
    first = cache.fetch(counting, space, tmp_path / "bundle")
    asked = sum(counting.requests.values())
    (tmp_path / "bundle/labels.json").write_bytes(b"whoever reads it finds that it is broken")
    assert cache.fetch(counting, space, tmp_path / "bundle") is first
    assert sum(counting.requests.values()) == asked + 1
    assert counting.count("get", "head.keras") == 1


def test_a_bundle_that_was_replaced_is_fetched_anew(store: ObjectStore, space: str, tmp_path: Path) -> None:
    cache = BundleCache()
    first = cache.fetch(store, space, tmp_path / "bundle")
    put_file(store, space, "base.tensors", key="base", body=base_file([1, 0, 1]))
    second = cache.fetch(store, space, tmp_path / "bundle")
    assert second.base.labels.tolist() == [1, 0, 1]
    assert first.base.labels.tolist() == [0, 0, 1, 1]
    assert cache.fetch(store, space, tmp_path / "bundle") is second


def test_spaces_and_folders_do_not_mix(store: ObjectStore, space: str, tmp_path: Path) -> None:
    cache = BundleCache()
    fetched = [cache.fetch(store, space, tmp_path / name) for name in ("one", "other")]
    assert [bundle.directory for bundle in fetched] == [tmp_path / "one", tmp_path / "other"]
    with pytest.raises(NotFound):
        cache.fetch(store, "0" * 64, tmp_path / "one")
