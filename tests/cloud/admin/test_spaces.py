"""What an operator decides of spaces: one that there is, of a group that there is."""

from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.admin.spaces import SpaceOperator
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import NothingToDo
from cloud.releases import space_lists
from cloud.releases.signing import load_or_create
from cloud.releases.space_lists import SpaceLister
from cloud.store import ObjectStore
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle

NOW = 1_800_000_000
SPACE = "5" * 64
"""Of the bundle that is registered."""


@pytest.fixture
def operator(tmp_path: Path, directory_store: ObjectStore, training_bundle: TrainingBundle) -> SpaceOperator:
    assert training_bundle.directory is not None
    register_bundle(directory_store, training_bundle.directory)
    key = load_or_create(tmp_path / "state", directory_store)
    return SpaceOperator(SpaceLister(directory_store, key, 3600), {"home"})


@pytest.mark.parametrize(
    ("pool", "complaint"),
    [
        (Pool("home", "6" * 64), "expected a registered space, as status shows it"),
        (Pool("hoem", SPACE), r"expected a group with samples, or with an enrolment code \(home\)"),
    ],
)
def test_a_typing_error_retires_nothing(operator: SpaceOperator, pool: Pool, complaint: str) -> None:
    with pytest.raises(NothingToDo, match=complaint):
        operator.retire(pool, now=NOW)
    assert space_lists.groups(operator.lister.store) == []


def test_a_space_is_retired_for_a_group_with_a_code_or_with_samples_and_restored(operator: SpaceOperator) -> None:
    away = Pool("away", SPACE)
    dataset_pointer.swap(operator.lister.store, away, dataset_pointer.EMPTY, previous=None)
    for pool in (away, Pool("home", SPACE)):
        assert operator.retire(pool, now=NOW).retired == {SPACE}
        assert operator.restore(pool, now=NOW).current == {SPACE}
    assert space_lists.groups(operator.lister.store) == ["away", "home"]
