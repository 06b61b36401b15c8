"""A worker verifies a bundle once, notices that it was replaced, and holds a few at a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from cloud.admin.bundles import register
from cloud.errors import Damaged
from cloud.spaces.bundle_cache import MAX_BUNDLES, BundleCache
from cloud.store import ObjectStore, keys
from contract.bundle import TrainingBundle, TrainingBundleParts, write_training_bundle
from tests.cloud.counting import CountingStore


def write(bundle: TrainingBundle, folder: Path, *, space: str, threshold: float = 0.5) -> Path:
    """A copy of a bundle for another space."""
    assert bundle.directory is not None
    head = (bundle.directory / "head.keras").read_bytes()
    facts = replace(bundle.facts, space=space, threshold=threshold)
    write_training_bundle(folder, TrainingBundleParts(facts, head, bundle.labels, bundle.golden, bundle.base))
    return folder


def test_a_bundle_is_downloaded_and_verified_once(
    directory_store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    space = "a" * 64
    register(directory_store, write(training_bundle, tmp_path / "bundle", space=space))
    counting, cache = CountingStore(directory_store), BundleCache()
    first = cache.fetch(counting, space, tmp_path / "cache")
    (tmp_path / "cache" / "head.keras").write_bytes(b"another")  # a second look at the folder would find this
    assert cache.fetch(counting, space, tmp_path / "cache") is first
    assert counting.count("get", "head.keras") == 1


def test_a_replaced_bundle_is_noticed(
    directory_store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    space, cache = "a" * 64, BundleCache()
    register(directory_store, write(training_bundle, tmp_path / "one", space=space))
    first = cache.fetch(directory_store, space, tmp_path / "cache")
    register(directory_store, write(training_bundle, tmp_path / "two", space=space, threshold=0.75), replace=True)
    second = cache.fetch(directory_store, space, tmp_path / "cache")
    assert (first.threshold, second.threshold) == (0.5, 0.75)


def test_bundles_of_the_spaces_used_last_are_held_and_no_more(
    directory_store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    """A bundle may have gigabytes, and a worker any number of spaces."""
    spaces = [f"{number:064x}" for number in range(MAX_BUNDLES + 1)]
    cache = BundleCache()
    for space in spaces:
        register(directory_store, write(training_bundle, tmp_path / f"bundle-{space}", space=space))
    held = {space: cache.fetch(directory_store, space, tmp_path / space) for space in spaces}
    assert cache.fetch(directory_store, spaces[-1], tmp_path / spaces[-1]) is held[spaces[-1]]
    assert cache.fetch(directory_store, spaces[0], tmp_path / spaces[0]) is not held[spaces[0]]


def test_a_bundle_that_fails_is_not_held(
    directory_store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    space, cache = "a" * 64, BundleCache()
    register(directory_store, write(training_bundle, tmp_path / "bundle", space=space))
    whole = directory_store.get(keys.space_file(space, "head.keras")).body
    directory_store.put(keys.space_file(space, "head.keras"), b"damaged")
    with pytest.raises(Damaged):
        cache.fetch(directory_store, space, tmp_path / "cache")
    directory_store.put(keys.space_file(space, "head.keras"), whole)
    assert cache.fetch(directory_store, space, tmp_path / "cache").space == space
