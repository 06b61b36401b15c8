"""Registering training bundles, and reading them back."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from cloud import keys, spaces
from cloud.errors import BundleRefused, Damaged, NotFound
from cloud.objects import ObjectStore
from contract.bundle import TrainingBundle, write_training_bundle


def copy(bundle: TrainingBundle, directory: Path, **changed: object) -> Path:
    """Another bundle, of the same space unless it says otherwise."""
    names = [each.name for each in dataclasses.fields(bundle) if each.name not in ("directory", "head")]
    parts = {name: getattr(bundle, name) for name in names} | {"head": b"another head"} | changed
    write_training_bundle(directory, **parts)
    return directory


def folder_of(bundle: TrainingBundle) -> Path:
    assert bundle.directory is not None
    return bundle.directory


def test_a_registered_bundle_is_read_back(store: ObjectStore, training_bundle: TrainingBundle) -> None:
    spaces.register(store, folder_of(training_bundle))
    bundle = spaces.read(store, training_bundle.space)
    assert bundle.labels == training_bundle.labels
    assert np.array_equal(bundle.base.features, training_bundle.base.features)
    assert spaces.read_facts(store, training_bundle.space).feature_shape == (4,)
    assert spaces.registered(store) == [training_bundle.space]


def test_registering_again_changes_nothing(store: ObjectStore, training_bundle: TrainingBundle) -> None:
    spaces.register(store, folder_of(training_bundle))
    before = store.list(keys.SPACES)
    spaces.register(store, folder_of(training_bundle))
    assert store.list(keys.SPACES) == before


def test_an_interrupted_registration_is_finished_by_the_next(
    store: ObjectStore, training_bundle: TrainingBundle
) -> None:
    spaces.register(store, folder_of(training_bundle))
    store.delete(keys.space_file(training_bundle.space, "bundle.json"))
    store.put(keys.space_file(training_bundle.space, "head.keras"), b"half")
    with pytest.raises(NotFound):
        spaces.read_facts(store, training_bundle.space)
    assert spaces.registered(store) == []
    spaces.register(store, folder_of(training_bundle))
    assert spaces.read(store, training_bundle.space).head == training_bundle.head


def test_another_bundle_of_the_same_space_is_refused(
    store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    spaces.register(store, folder_of(training_bundle))
    with pytest.raises(BundleRefused, match="expected the bundle that is registered for it, got another one"):
        spaces.register(store, copy(training_bundle, tmp_path / "other"))
    assert spaces.read(store, training_bundle.space).head == training_bundle.head


def test_several_spaces_live_side_by_side(store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path) -> None:
    spaces.register(store, folder_of(training_bundle))
    other = copy(training_bundle, tmp_path / "other", space="a" * 64, labels=("Ada", "Zoë"))
    spaces.register(store, other)
    assert spaces.registered(store) == [training_bundle.space, "a" * 64]
    assert spaces.read(store, "a" * 64).labels == ("Ada", "Zoë")
    assert spaces.read(store, training_bundle.space).labels == ("Ada", "Ben")


def test_what_is_no_bundle_is_refused_before_anything_is_written(directory_store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match=r"expected a file"):
        spaces.register(directory_store, tmp_path)
    assert directory_store.list("") == []


def test_a_bundle_that_was_tampered_with_is_refused(
    directory_store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    folder = copy(training_bundle, tmp_path / "copy")
    (folder / "head.keras").write_bytes(b"tampered")
    with pytest.raises(BundleRefused, match=r"head\.keras"):
        spaces.register(directory_store, folder)
    assert directory_store.list("") == []


def test_a_space_that_is_damaged_in_the_store_is_said(store: ObjectStore, training_bundle: TrainingBundle) -> None:
    spaces.register(store, folder_of(training_bundle))
    store.put(keys.space_file(training_bundle.space, "head.keras"), b"damaged")
    with pytest.raises(Damaged, match=r"head\.keras"):
        spaces.read(store, training_bundle.space)
    store.put(keys.space_file(training_bundle.space, "bundle.json"), b"{}")
    with pytest.raises(Damaged, match=r"bundle\.json"):
        spaces.read_facts(store, training_bundle.space)


def test_a_space_that_is_not_registered_is_not_found(store: ObjectStore) -> None:
    for read in (spaces.read, spaces.read_facts):
        with pytest.raises(NotFound):
            read(store, "0" * 64)


def test_a_fetched_bundle_has_files_and_is_fetched_once(
    store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path
) -> None:
    spaces.register(store, folder_of(training_bundle))
    bundle = spaces.fetch(store, training_bundle.space, tmp_path / "bundle")
    assert bundle.directory == tmp_path / "bundle"
    assert (tmp_path / "bundle/head.keras").read_bytes() == (folder_of(training_bundle) / "head.keras").read_bytes()
    store.delete(keys.space_file(training_bundle.space, "head.keras"))
    assert spaces.fetch(store, training_bundle.space, tmp_path / "bundle").head == training_bundle.head


def test_a_broken_copy_is_fetched_again(store: ObjectStore, training_bundle: TrainingBundle, tmp_path: Path) -> None:
    spaces.register(store, folder_of(training_bundle))
    spaces.fetch(store, training_bundle.space, tmp_path / "bundle")
    (tmp_path / "bundle/labels.json").write_bytes(b"[]")
    assert spaces.fetch(store, training_bundle.space, tmp_path / "bundle").labels == ("Ada", "Ben")
