"""A pool with releases for the tests of what an operator does."""

from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.store import ObjectStore
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from tests.cloud.admin.places import Place


@pytest.fixture
def released_pool(directory_store: ObjectStore, training_bundle: TrainingBundle) -> Pool:
    assert training_bundle.directory is not None
    register_bundle(directory_store, training_bundle.directory)
    return Pool("home", training_bundle.space)


@pytest.fixture
def place(directory_store: ObjectStore, tmp_path: Path, released_pool: Pool, training_bundle: TrainingBundle) -> Place:
    return Place(directory_store, tmp_path / "state", released_pool, training_bundle)
